"""Reads the whole event store and compares everything in it with everything else.

It takes portions, so that its memory does not depend on the size of the store, and it runs while the store is used: what is
recorded after its beginning is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from commands.shared.commit import Unreadable
from domain.shared.events import Metadata, Recorded
from infra.event_store.checks import Finding, Kind, Versioned
from infra.event_store.mapper import SEALED, BrokenSeal, MisnamedEvent, Stored, UnknownEventType, metadata_of
from infra.event_store.store import EventStore
from infra.event_store.terms import Term, id_term, terms_of
from infra.event_store.vault import MasterKeyMissing
from infra.event_store.verify_contacts import ContactsCheck

PORTION = 500
MOST = 1000
"""Findings of one kind in one table."""
SUBJECTS_REMEMBERED = 10_000
KINDS: dict[type[Exception], Kind] = {
    UnknownEventType: "unknown-type",
    MisnamedEvent: "other-type",
    BrokenSeal: "broken-seal",
}
FIRST = UUID(int=0)

Progress = Callable[[int, int], None]


class Watch(Protocol):
    """Somebody who looks at all events too."""

    def see(self, stored: Stored, metadata: Metadata | None) -> None: ...

    def end(self) -> Iterator[Finding]: ...


def verify(store: EventStore, progress: Progress = lambda _, __: None, watches: Sequence[Watch] = ()) -> Iterator[Finding]:
    """What is not as it was written. `progress` gets the steps done and their number; what it raises ends the work.

    Raises StoreUnavailable.
    """
    return _Verification(store, progress, watches).findings()


class _Verification:
    def __init__(self, store: EventStore, progress: Progress, watches: Sequence[Watch]) -> None:
        self._store, self._checks, self._progress, self._watches = store, store.checks(), progress, watches
        self._head = store.head()
        self._events = self._terms = 0
        self._every_term_known = self._every_event_read = True
        self._is_erased = lru_cache(SUBJECTS_REMEMBERED)(self._looked_up)
        self._contacts = ContactsCheck(store, self._head, self._is_erased)

    def findings(self) -> Iterator[Finding]:
        """Each event is one step when it is read, and one when its version is compared."""
        self._beat(0)
        yield from self._checks.pages(lambda: self._beat(0))
        yield from self._of("the columns of events", lambda: self._checks.columns(MOST))
        yield from self._read_events()
        yield from self._of("the keys of subjects", self._keys)
        yield from self._of("the versions of streams", self._versions)
        yield from self._of("the index", self._index)
        yield from self._of("other tables", lambda: self._checks.missing(MOST))
        if self._every_event_read:
            yield from self._of("the register of contacts", self._contacts.end)
        for watch in self._watches:
            yield from watch.end()
        self._beat(2 * self._head)

    def _beat(self, done: int) -> None:
        self._progress(done, 2 * self._head)

    def _of(self, what: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
        """What the look finds, and the damage that ends it."""
        try:
            yield from look()
        except Exception as error:
            if not self._checks.is_damage(error):
                raise
            yield Finding("corrupt-pages", f"{what}: {error}")

    # Events

    def _read_events(self) -> Iterator[Finding]:
        after = 0
        while after < self._head:
            try:
                portion = self._store.log(after, PORTION, self._head)
                reached = portion[-1].position if len(portion) == PORTION else self._head
                found = list(self._look_at(portion))
            except Exception as error:
                if not self._checks.is_damage(error):
                    raise
                reached = min(after + PORTION, self._head)
                found = list(self._read_around_damage(after, reached))
            yield from found
            after = reached
            self._beat(after)

    def _read_around_damage(self, after: int, upto: int) -> Iterator[Finding]:
        """Halves the portion again and again, until only what cannot be read is left out."""
        try:
            found = list(self._look_at(self._store.log(after, PORTION, upto)))
        except Exception as error:
            if not self._checks.is_damage(error):
                raise
            self._every_term_known = self._every_event_read = False
            if upto - after == 1:
                found = [Finding("corrupt-pages", f"The event cannot be read: {error}", upto)]
            else:
                middle = (after + upto) // 2
                found = [*self._read_around_damage(after, middle), *self._read_around_damage(middle, upto)]
        yield from found

    def _look_at(self, portion: Sequence[Stored]) -> Iterator[Finding]:
        keys = self._store.keys(portion)
        terms: list[tuple[Term, int]] = []
        read: list[Recorded] = []
        for stored in portion:
            metadata = metadata_of(stored)
            try:
                read.append(self._store.decode_one(stored, keys))
            except Unreadable as error:
                self._every_event_read = False
                yield Finding(KINDS.get(type(error), "broken-event"), str(error), stored.position)
            if metadata is None:
                self._every_term_known = False
                continue
            terms += [(term, stored.position) for term in terms_of(stored.type, metadata)]
            if SEALED in stored.state and metadata.subject not in keys and not self._is_erased(metadata.subject):
                yield Finding("lost-key", "Its subject has no key, and was never erased.", stored.position)
        for position in sorted(self._checks.lacking(terms)):
            yield Finding("index", "The index does not lead to it, so searches do not find it.", position)
        yield from self._contacts.look_at(read)
        for stored in portion:
            for watch in self._watches:
                watch.see(stored, metadata_of(stored))
        self._events += len(portion)
        self._terms += len(terms)

    def _looked_up(self, subject: UUID) -> bool:
        """Whether an event erased the subject, also during the verification. It is one of the last that concern it."""
        upto = self._store.head()
        while found := self._store.indexed([id_term("subject", subject)], 0, upto, PORTION, backwards=True):
            if any(self._erases(one, subject) for one in self._store.at([position for _, position in found])):
                return True
            upto = found[-1][1] - 1
        return False

    def _erases(self, stored: Stored, subject: UUID) -> bool:
        try:
            recorded: Recorded = self._store.decode_plain(stored)
        except Unreadable:
            # Nobody knows, so nothing is claimed.
            return True
        return recorded.event.erases() and subject in (recorded.metadata.subject, *recorded.metadata.concerns)

    # Everything else

    def _versions(self) -> Iterator[Finding]:
        before: Versioned | None = None
        seen = 0
        while portion := self._checks.versions(before, PORTION):
            for one in portion:
                if one.position <= self._head:
                    seen += 1
                    yield from _compared(before, one)
                before = one
            self._beat(self._head + min(seen, self._head))
        if seen != self._events and self._every_term_known:
            yield Finding("corrupt-pages", f"By position there are {self._events} events, and by stream {seen}.")

    def _index(self) -> Iterator[Finding]:
        if self._every_term_known and (extra := self._checks.terms_up_to(self._head) - self._terms) > 0:
            yield Finding("index", f"The index has {extra} rows more than the events have terms.")

    def _keys(self) -> Iterator[Finding]:
        after = FIRST
        while portion := self._checks.keys(after, PORTION):
            for subject, wrapped in portion:
                try:
                    opens = self._store.opens(subject, wrapped)
                except MasterKeyMissing as missing:
                    yield Finding("broken-key", f"The key of the subject {subject} cannot be opened. {missing}")
                else:
                    if not opens:
                        yield Finding("broken-key", f"The key of the subject {subject} is damaged.")
            after = portion[-1][0]
            self._beat(self._head)


def _compared(before: Versioned | None, one: Versioned) -> Iterator[Finding]:
    if not isinstance(one.version, int):
        return
    same = before is not None and before.stream == one.stream and isinstance(before.version, int)
    last = before.version if same and before else 0
    if one.version != last + 1:
        missing = f"version {last + 1}" if one.version == last + 2 else f"versions {last + 1} to {one.version - 1}"
        yield Finding("version-gap", f"The stream {one.stream} lacks {missing} before version {one.version}.", one.position)
    elif same and before and before.position > one.position:
        yield Finding("version-order", f"Version {one.version} of the stream {one.stream} is before {last}.", one.position)
