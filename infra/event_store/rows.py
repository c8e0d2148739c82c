"""The rows that one commit writes, ready for either engine, and the interface of an engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import NamedTuple, ParamSpec, Protocol, TypeVar
from uuid import UUID

from commands.shared.commit import POLICY_SCOPE, SOURCE_SCOPE, Claim, Committed, KeptReceipt, StoreUnavailable
from infra.event_store.checks import Checks
from infra.event_store.contacts import ContactRow, ContactRows, Method
from infra.event_store.identity import Identity
from infra.event_store.mapper import Stored
from infra.event_store.terms import Term

P = ParamSpec("P")
R = TypeVar("R")

SECRET_MARKER = "store secret"  # noqa: S105 (a name)
"""The marker with the store's secret. The master key that wraps it wraps all new keys too."""

RESTORING_MARKER = "restoring"
"""The marker of a store that a backup was written into, while erasures are applied to it. Its value is the backup's id."""

RESTORING_FILE = ".restoring"
"""The end of the name that a store on SQLite has until the whole backup is written into it."""


def master_key_marker(id: bytes) -> str:
    """The marker that says: this master key has wrapped the store's secret. A key that names another one is damaged."""
    return f"master key {id.hex()}"


class MasterKeyChanged(Exception):
    """Nothing was written: the master key of the new keys is not the one that wraps the store's secret now."""


class RestoreUnfinished(Exception):
    """The store comes from a backup, and erasures of after the backup were not all applied to it yet."""


class DigestsHeld(Exception):
    """Nothing was written: other customers have the contacts asked for than the batch knew. `holders` are those."""

    def __init__(self, holders: Mapping[UUID, frozenset[UUID]]) -> None:
        super().__init__(f"{len(holders)} contacts have other holders")
        self.holders = holders


class LogWentBack(Exception):
    """Nothing was written: the log's head is below one that this process has seen. Somebody replaced or shortened the log."""


def unavailable_when(*errors: type[Exception]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator of an engine's methods: raise StoreUnavailable for these errors, after which the caller may try again."""

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @wraps(method)
        def ask(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(*args, **kwargs)
            except errors as error:
                raise StoreUnavailable(str(error)) from error

        return ask

    return decorate


class EventRow(NamedTuple):
    stream: UUID
    version: int
    type: str
    state: bytes
    terms: Sequence[Term]
    recorded_at: datetime


class ReceiptRow(NamedTuple):
    """A receipt. Of the request's own key it has only a digest, because the sender may put personal text into it.

    The position is that of the commit's event with the index `event`; with None, the log's head.
    """

    scope: str
    key: bytes
    digest: bytes
    event: int | None
    answer: bytes

    def values(self, committed: Committed) -> tuple[str, bytes, bytes, int, bytes]:
        position = committed.head if self.event is None else committed.positions[self.event]
        return self.scope, self.key, self.digest, position, self.answer


class Rewrapped(NamedTuple):
    """A subject's key, wrapped with one master key before and with another now."""

    subject: UUID
    old: bytes
    new: bytes


class CommitRows(NamedTuple):
    """The rows of one commit. The `terms` of each event are its rows in the index.

    `keys` are the keys of new subjects, wrapped with the master key that has the id `master_key`. A link (subject, other) in
    `links` means that erasing `other` also destroys the subject's key; `parted` are links that have ended. `erased` are the
    subjects to erase, each with the subjects that are erased with it, as far as the store knew. `asked` are the digests of the
    contacts asked for, each with the customers who have it as far as the batch knew. `seen` is the highest head that this
    process has seen.
    """

    batch: UUID
    events: Sequence[EventRow]
    read: Mapping[UUID, int]
    keys: Sequence[tuple[UUID, bytes]]
    master_key: bytes
    links: Sequence[tuple[UUID, UUID]]
    parted: Sequence[tuple[UUID, UUID]]
    erased: Mapping[UUID, frozenset[UUID]]
    claims: Sequence[Claim]
    receipts: Sequence[ReceiptRow]
    contacts: ContactRows
    asked: Mapping[UUID, frozenset[UUID]]
    seen: int = 0


def refuse_held(asked: Mapping[UUID, frozenset[UUID]], found: Iterable[tuple[UUID, UUID]]) -> None:
    """Raises DigestsHeld if not exactly those who were known have these contacts. `found` are (digest, customer)."""
    holders: dict[UUID, set[UUID]] = {digest: set() for digest in asked}
    for digest, customer in found:
        holders[digest].add(customer)
    if other := {digest: frozenset(them) for digest, them in holders.items() if them != asked[digest]}:
        raise DigestsHeld(other)


class Kept(NamedTuple):
    """A table of what the store keeps only for a time. Its rows are old if they fulfil the condition on a position."""

    table: str
    condition: str


_NOT_PERMANENT = (f"substr(scope, 1, {len(scope)}) <> '{scope}'" for scope in (POLICY_SCOPE, SOURCE_SCOPE))
KEPT = (
    Kept("batches", "head < %s"),
    Kept("receipts", " AND ".join(("position < %s", *_NOT_PERMANENT))),
)


class Recorder(Protocol):
    """A storage engine: one commit, and plain reads. Raises the errors that `commands.shared.commit` defines."""

    def create(self) -> None:
        """Make the tables if the store is new. Raises OtherFormat if it has another format; then nothing is changed."""

    def commit(self, rows: CommitRows) -> Committed:
        """Also raises MasterKeyChanged, LogWentBack and DigestsHeld."""

    def streams(self, ids: Collection[UUID]) -> list[Stored]: ...
    def ends(self, id: UUID, types: Collection[str]) -> list[Stored]:
        """The first and the last event of a stream if they have one of these types. Reads no other event."""

    def first(self, ids: Collection[UUID]) -> list[Stored]:
        """The first event of each of these streams."""

    def part(self, stream: UUID, first: int, last: int) -> list[Stored]:
        """The events of one stream from version `first` to version `last`, both included."""

    def version(self, stream: UUID) -> int:
        """The version of the stream's last event; 0 if there is none."""

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
        """The first `limit` events after `after` up to `upto`; `backwards`, the last ones, the latest first.

        Those of `types`, or those whose type is not one of `unless`.
        """

    def indexed(self, terms: Collection[Term], after: int, upto: int, each: int, *, backwards: bool) -> list[tuple[Term, int]]:
        """(term, position) of the first `each` events of each term after `after` up to `upto`; `backwards`: the last ones."""

    def having(self, terms: Collection[Term], positions: Collection[int]) -> set[int]:
        """Those of these positions whose event has one of the terms."""

    def at(self, positions: Collection[int]) -> list[Stored]:
        """The events at these positions, in the order of positions."""

    def holds(self, events: Sequence[Stored]) -> bool:
        """Whether the log has all these events, each at its position and with the same content. False may be wrong.

        The events are in the order of positions, each once. This is much quicker than to read them.
        """

    def register(self, contacts: ContactRows, erased: Collection[UUID]) -> None:
        """Write and remove rows of the register of contacts, and all of erased customers, outside a commit of events."""

    def empty_register(self) -> None:
        """Remove all rows of the register of contacts."""

    def registered(self, methods: Collection[Method]) -> list[ContactRow]:
        """The rows that the register of contacts has for these methods."""

    def keys(self, subjects: Collection[UUID]) -> dict[UUID, bytes]: ...
    def taken_along(self, subject: UUID, parted: Sequence[tuple[UUID, UUID]] = ()) -> set[UUID]:
        """The subjects linked to this one, and those linked to them, and so on, without the links in `parted`."""

    def receipts(self, keys: Collection[tuple[str, bytes]]) -> dict[tuple[str, bytes], KeptReceipt]: ...
    def reserve_numbers(self, register: str, count: int) -> range: ...
    def claimed(self, register: str, numbers: Collection[str]) -> set[str]: ...
    def head(self) -> int: ...
    def identity(self) -> Identity: ...
    def begin_epoch(self, above: int = 0) -> Identity:
        """Raise the epoch by one, and above `above`."""

    def raise_positions(self, above: int) -> None:
        """From now on, give out only positions above this one."""

    def marker(self, name: str, value: bytes) -> bytes:
        """The value stored under this name. The given value is stored if there was none before."""

    def replace_secret(self, old: bytes, new: bytes) -> bool:
        """Replace the wrapped secret of the store, and note its master key. False if it is not `old`: nothing is changed."""

    def read_marker(self, name: str) -> bytes | None: ...
    def swap_marker(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Store `new` under this name. False if what is stored is not `old` (None: nothing): then nothing is changed."""

    def has_marker(self, name: str) -> bool: ...
    def relink(self, subject: UUID, others: Collection[UUID], at: int) -> None:
        """See `EventStore.relink`."""

    def remove_marker(self, name: str) -> None: ...

    def count_wrapped_otherwise(self, master_key: bytes) -> int:
        """How many keys are wrapped with other master keys than the one with this id."""

    def wrapped_otherwise(self, master_key: bytes, after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
        """The first of these keys by subject, after the given one."""

    def rewrap(self, master_key: bytes, keys: Sequence[Rewrapped]) -> None:
        """Replace keys that are as they were: a destroyed key stays destroyed. Raises MasterKeyChanged."""

    def overwrite_replaced(self) -> None:
        """Remove what was replaced from the files, as far as the engine can while others use them."""

    def checks(self) -> Checks:
        """What a verification asks."""

    def prune(self, kind: Kept, before: int, after: int, limit: int) -> int | None:
        """Delete what is older than the position `before`, of one portion of the table: about `limit` rows, from `after` on.

        Returns from where on the next portion is, first 0; None if there is none.
        """

    def close(self) -> None: ...
