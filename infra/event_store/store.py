"""The event store: the log as the rest of the application sees it, on either engine."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from uuid import UUID

from commands.shared.commit import Commit, Committed, ContactsHeld, KeptReceipt, NewReceipt, ReceiptKey
from domain.shared.events import Recorded, type_name
from domain.shared.ids import keyed_digest
from infra.event_store import contacts, rotation, store_format
from infra.event_store.erasing import Links, concerning_all_erased, erased_with, linked
from infra.event_store.mapper import Mapper, Seen, Stored, metadata_of, subjects_with_secrets
from infra.event_store.rows import (
    RESTORING_MARKER,
    SECRET_MARKER,
    CommitRows,
    DigestsHeld,
    EventRow,
    LogWentBack,
    MasterKeyChanged,
    ReceiptRow,
    Recorder,
    RestoreUnfinished,
    master_key_marker,
)
from infra.event_store.terms import Term, terms_of, type_term
from infra.event_store.upkeep import Upkeep
from infra.event_store.vault import KEY_ID, DamagedKey, MasterKeyMissing, SubjectKey, Vault, WrongMasterKey

NUMBER_STEP = 1000
SECRET_LENGTH = 32


class EventStore(Upkeep):
    """Seals, writes and reads events. Keys are never cached: after an erasure, no process can read the erased data."""

    def __init__(self, recorder: Recorder, mapper: Mapper, vault: Vault, *, restoring: bool = False) -> None:
        super().__init__(recorder)
        self._mapper, self._vault = mapper, vault
        self._seen = 0
        self.when_log_went_back: Callable[[], None] = lambda: None
        self.when_erased: Callable[[], None] = lambda: None
        recorder.create()
        if not restoring and recorder.has_marker(RESTORING_MARKER):
            raise RestoreUnfinished("a backup was not restored to its end: run the same recount restore again")
        wrapped = self._wrapped_secret()
        try:
            self._master_key = vault.master_key(wrapped[:KEY_ID])
        except MasterKeyMissing as error:
            raise WrongMasterKey(str(error)) from None
        recorder.marker(master_key_marker(self._master_key.id), b"")
        self._secret = vault.unwrapped(rotation.SECRET_OWNER, wrapped)
        if not restoring:
            self._take_format()

    @property
    def secret(self) -> bytes:
        """32 random bytes of this store, for ids and digests that nobody else can compute. They never change."""
        return self._secret

    @property
    def types_for_everyone(self) -> frozenset[str]:
        """The event types that can concern everyone: all rows may depend on them."""
        return self._mapper.types_for_everyone

    @property
    def types(self) -> frozenset[str]:
        """The event types that this process can read."""
        return self._mapper.types

    @property
    def types_of_contacts(self) -> frozenset[str]:
        """The event types that change the register of contacts."""
        return self._mapper.types_of_contacts | self._mapper.erasing_types

    def not_understood(self, stored: Iterable[Stored]) -> list[Stored]:
        """The events whose type this process does not know. See `Mapper.not_understood`."""
        return self._mapper.not_understood(stored)

    def commit(self, commit: Commit) -> Committed:
        links, parted = linked(commit)
        erased = erased_with(commit, links, lambda subject: self._recorder.taken_along(subject, parted))
        commit = concerning_all_erased(commit, erased) if erased else commit
        digests = contacts.Digests(self._secret)
        while True:
            try:
                committed = self._recorder.commit(self._rows(commit, links, parted, erased, digests))
            except DigestsHeld as held:
                raise ContactsHeld({digests.contact(digest): holders for digest, holders in held.holders.items()}) from None
            except MasterKeyChanged:
                self._master_key = self._vault.master_key(self._wrapped_secret()[:KEY_ID])
            except LogWentBack:
                self.when_log_went_back()
                self._recorder.raise_positions(self._seen)
                self._seen = 0
            else:
                self._seen = max(self._seen, committed.head)
                if erased:
                    self.when_erased()
                return committed

    def _rows(
        self,
        commit: Commit,
        links: Links,
        parted: Links,
        erased: Mapping[UUID, frozenset[UUID]],
        digests: contacts.Digests,
    ) -> CommitRows:
        keys, wrapped = self._keys_for(commit)
        events = [
            EventRow(
                event.stream,
                event.version,
                type_name(type(event.event)),
                self._mapper.encode(*event, keys.get(event.metadata.subject)),
                terms_of(type_name(type(event.event)), event.metadata),
                event.metadata.recorded_at,
            )
            for event in commit.events
        ]
        return CommitRows(
            commit.batch,
            events,
            commit.read,
            wrapped,
            self._master_key.id,
            links,
            parted,
            erased,
            commit.claims,
            [self._receipt_row(receipt) for receipt in commit.receipts],
            contacts.rows_of(digests, ((event.stream, event.event) for event in commit.events)),
            {digests.of(contact): known for contact, known in commit.asked.items()},
            self._seen,
        )

    def streams(self, ids: Iterable[UUID]) -> dict[UUID, Sequence[Recorded]]:
        found: dict[UUID, list[Recorded]] = defaultdict(list)
        for recorded in self.decode(self._recorder.streams(list(ids))):
            found[recorded.stream].append(recorded)
        return dict(found)

    def plain_streams(self, ids: Iterable[UUID]) -> dict[UUID, Sequence[Recorded]]:
        """Like `streams`, but without personal data, as if the subjects were erased. It reads no keys."""
        found: dict[UUID, list[Recorded]] = defaultdict(list)
        for stored in self._recorder.streams(list(ids)):
            found[stored.stream].append(self.decode_plain(stored))
        return dict(found)

    def plain_ends(self, id: UUID, types: Collection[str]) -> list[Recorded]:
        """The first and the last event of the stream, without personal data, if they have one of these types.

        So its cost depends neither on the length of the stream nor on the subject of a stream of other types.
        """
        return [self.decode_plain(stored) for stored in self._recorder.ends(id, types)]

    def first(self, streams: Collection[UUID]) -> dict[UUID, Stored]:
        """The first event of each of these streams that has one."""
        return {one.stream: one for one in self._recorder.first(streams)} if streams else {}

    def part(self, stream: UUID, first: int, last: int) -> list[Stored]:
        """The events of one stream from version `first` to version `last`, both included."""
        return self._recorder.part(stream, first, last)

    def version(self, stream: UUID) -> int:
        """The version of the stream's last event; 0 if there is none."""
        return self._recorder.version(stream)

    def log(
        self,
        after: int,
        limit: int,
        upto: int | None = None,
        types: Collection[str] | None = None,
        *,
        unless: Collection[str] | None = None,
        backwards: bool = False,
    ) -> list[Stored]:
        """The first `limit` events of these types after `after`, up to and including `upto`, in the order of positions.

        With `unless`, those of all types but these: so also those of a type that this process does not know. With `backwards`,
        the last ones of them, the latest first.
        """
        return self._recorder.log(after, limit, upto, types, unless=unless, backwards=backwards)

    def indexed(self, terms: Collection[Term], after: int, upto: int, each: int, *, backwards: bool) -> list[tuple[Term, int]]:
        """(term, position) of the first `each` events of each term after `after` up to `upto`; `backwards`: the last ones."""
        return self._recorder.indexed(terms, after, upto, each, backwards=backwards)

    def having(self, terms: Collection[Term], positions: Collection[int]) -> set[int]:
        """Those of these positions whose event has one of the terms, by the index alone."""
        return self._recorder.having(terms, positions) if positions else set()

    def erasures(self, after: int, limit: int) -> list[Stored]:
        """The first `limit` events after the position `after` that erased their subjects."""
        terms = {term for name in self._mapper.erasing_types if (term := type_term(name)) is not None}
        found = self._recorder.indexed(terms, after, self._recorder.head(), limit, backwards=False)
        return self.at(sorted(position for _, position in found)[:limit])

    def at(self, positions: Collection[int]) -> list[Stored]:
        """The events at these positions, in the order of positions."""
        return self._recorder.at(positions) if positions else []

    def absent(self, events: Iterable[Stored]) -> list[Stored]:
        """Those of these events that the log does not have: another one, or none, is at their position.

        Events that came from the log are absent after it was restored to an earlier moment. An event that was only damaged in
        the log is not absent. In the order of positions.
        """
        first: dict[int, Stored] = {}
        others = [one for one in events if first.setdefault(one.position, one) != one]
        given = [first[position] for position in sorted(first)]
        if not others and (not given or self._recorder.holds(given)):
            return []
        found = {one.position: one for one in self.at(first)}
        return sorted(one for one in (*given, *others) if _is_another(found.get(one.position), one))

    def decode(self, stored: Sequence[Stored]) -> list[Recorded]:
        keys = self.keys(stored)
        return [self._mapper.decode(one, keys) for one in stored]

    def decode_one(self, stored: Stored, keys: Mapping[UUID, SubjectKey]) -> Recorded:
        return self._mapper.decode(stored, keys)

    def decode_plain(self, stored: Stored) -> Recorded:
        """The event without its personal data."""
        return self._mapper.decode(stored, {})

    def seen(self, stored: Stored, keys: Mapping[UUID, SubjectKey]) -> Seen:
        """The event for people, in the version it was written in. What cannot be read is a fault in its place."""
        return self._mapper.seen(stored, keys)

    def keys(self, stored: Sequence[Stored]) -> dict[UUID, SubjectKey]:
        """The keys that exist now for these events."""
        subjects = subjects_with_secrets(stored)
        return self._unwrapped(subjects) if subjects else {}

    def subjects_with_keys(self, subjects: Iterable[UUID]) -> set[UUID]:
        """The given subjects whose personal data can still be read."""
        return set(self._recorder.keys(list(subjects)))

    def derived(self, subject: UUID, purposes: Iterable[str]) -> list[bytes] | None:
        """For each purpose 32 secret bytes derived from the subject's key; None once the key is destroyed."""
        key = self._unwrapped([subject]).get(subject)
        return None if key is None else [key.derive(purpose) for purpose in purposes]

    def receipts(self, keys: Iterable[ReceiptKey]) -> dict[tuple[str, str], KeptReceipt]:
        asked = {(key.scope, self._receipt_digest(key)): (key.scope, key.key) for key in keys}
        return {asked[key]: kept for key, kept in self._recorder.receipts(asked).items()} if asked else {}

    def reserve_numbers(self, register: str, count: int) -> Sequence[int]:
        """Numbers that nobody has claimed. The steps grow, to skip large blocks that were claimed explicitly (by an import)."""
        while True:
            drawn = self._recorder.reserve_numbers(register, count)
            held = self._recorder.claimed(register, [str(number) for number in drawn])
            if free := [number for number in drawn if str(number) not in held]:
                return free
            count = min(2 * count, NUMBER_STEP)

    def registered(self, methods: Collection[contacts.Method]) -> list[contacts.ContactRow]:
        """The rows that the register of contacts has for these methods."""
        return self._recorder.registered(methods) if methods else []

    def head(self) -> int:
        head = self._recorder.head()
        self._seen = max(self._seen, head)
        return head

    @property
    def highest_seen(self) -> int:
        """The highest position that this process has seen as the log's head. A commit that finds a lower one notices."""
        return self._seen

    def rotate_master_key(self, progress: rotation.Progress) -> rotation.Rotated:
        """See `rotation.rotate`."""
        return rotation.rotate(self._recorder, self._vault, self._is_of_this_store, progress)

    def opens(self, subject: UUID, wrapped: bytes) -> bool:
        """Whether the wrapped key of the subject can be opened. Raises MasterKeyMissing."""
        return not isinstance(self._vault.unwrap({subject: wrapped}, self._is_of_this_store)[subject], DamagedKey)

    def finish_restore(self) -> None:
        """From now on, any process may open this store, which was restored from a backup."""
        self._count_contacts()
        super().finish_restore()

    def close(self) -> None:
        self._recorder.close()

    def recount_contacts(self) -> None:
        """Make the register of contacts what the log says. No other process may use the store. Killed, the next one goes on."""
        self._recorder.swap_marker(store_format.MARKER, store_format.FORMAT, store_format.UNCOUNTED)
        self._recorder.empty_register()
        self._count_contacts()

    def _take_format(self) -> None:
        """Give the store the format of this version, before the first event is written in it."""
        if self._recorder.swap_marker(store_format.MARKER, store_format.PLAIN, store_format.FORMAT):
            return
        if self._recorder.read_marker(store_format.MARKER) != store_format.FORMAT:
            self._count_contacts()

    def _count_contacts(self) -> None:
        """Give the store its register of contacts, and the format of this version."""
        for before in (store_format.WITHOUT_CONTACTS, store_format.PLAIN):
            self._recorder.swap_marker(store_format.MARKER, before, store_format.UNCOUNTED)
        contacts.count(self, self._recorder)
        self._recorder.swap_marker(store_format.MARKER, store_format.UNCOUNTED, store_format.FORMAT)

    def _unwrapped(self, subjects: Collection[UUID]) -> dict[UUID, SubjectKey]:
        """The keys that exist; a DamagedKey for each that its master key does not open."""
        return self._vault.unwrap(self._recorder.keys(subjects), self._is_of_this_store)

    def _is_of_this_store(self, master_key: bytes) -> bool:
        """Whether the store's keys are, or were, wrapped with the master key that has this id."""
        return self._recorder.has_marker(master_key_marker(master_key))

    def _keys_for(self, commit: Commit) -> tuple[dict[UUID, SubjectKey], list[tuple[UUID, bytes]]]:
        """Keys to seal with: new ones for subjects that begin in this commit, the stored ones for the rest."""
        keys: dict[UUID, SubjectKey] = {}
        wrapped: list[tuple[UUID, bytes]] = []
        for event in commit.events:
            if event.version == 1 and event.stream == event.metadata.subject:
                keys[event.stream], raw = self._vault.new_key(event.stream, self._master_key)
                wrapped.append((event.stream, raw))
        others = {event.metadata.subject for event in commit.events} - keys.keys()
        if others:
            keys.update(self._unwrapped(others))
        return keys, wrapped

    def _wrapped_secret(self) -> bytes:
        """The store's secret, wrapped. The first process that opens a new store makes it."""
        fresh = self._vault.newest.wrap(rotation.SECRET_OWNER, os.urandom(SECRET_LENGTH))
        return self._recorder.marker(SECRET_MARKER, fresh)

    def _receipt_row(self, receipt: NewReceipt) -> ReceiptRow:
        key = receipt.key
        return ReceiptRow(key.scope, self._receipt_digest(key), key.digest, receipt.event, receipt.answer)

    def _receipt_digest(self, key: ReceiptKey) -> bytes:
        """What the store keeps of a request's own key: callers put e-mail addresses into it."""
        return keyed_digest(self.secret, "receipt", f"{key.scope} {key.key}".encode())


def _is_another(found: Stored | None, given: Stored) -> bool:
    """Whether what the log has at a position is another event, or nothing. No two events have the same metadata."""
    if found is None:
        return True
    metadata = metadata_of(found)
    return metadata is not None and (found[:3], metadata) != (given[:3], metadata_of(given))
