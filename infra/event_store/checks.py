"""What a verification asks an engine of the event store, beside the reads that everything else uses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from infra.event_store.terms import Term

Kind = Literal[
    "corrupt-pages",
    "column-type",
    "version-gap",
    "version-order",
    "broken-event",
    "broken-seal",
    "unknown-type",
    "other-type",
    "broken-key",
    "lost-key",
    "missing-event",
    "missing-stream",
    "index",
    "contacts",
    "relay-chain",
]
Beat = Callable[[], None]
"""Called now and then. What it raises ends the work."""


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it was written. `position` is that of the event, if there is one. No personal data."""

    kind: Kind
    detail: str
    position: int | None = None


class Versioned(NamedTuple):
    """An event's place in its stream, as the columns have it: a damaged one has values of any type."""

    position: int
    stream: Any
    version: Any


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, its cause, the cause of that, and so on."""
    while error is not None:
        yield error
        error = error.__cause__


class Checks(Protocol):
    def is_damage(self, error: Exception) -> bool:
        """Whether a read failed because of what is stored, and not because the database does not answer."""

    def pages(self, beat: Beat) -> Iterator[Finding]:
        """Reads every page that the store has. Needs no more memory for a larger store."""

    def columns(self, limit: int) -> Iterator[Finding]:
        """At most `limit` events with a value that its column cannot have."""

    def versions(self, after: Versioned | None, limit: int) -> list[Versioned]:
        """The next events in the order of streams and versions."""

    def lacking(self, terms: Collection[tuple[Term, int]]) -> set[int]:
        """The positions of those (term, position) that are not in the index."""

    def terms_up_to(self, position: int) -> int:
        """How many rows the index has for the events up to this position."""

    def contacts(self) -> int:
        """How many rows the register of contacts has."""

    def missing(self, limit: int) -> Iterator[Finding]:
        """Events and streams that other tables name, and that do not exist. At most `limit` of each table."""

    def keys(self, after: UUID, limit: int) -> Sequence[tuple[UUID, bytes]]:
        """The next wrapped keys by subject, after the given one."""
