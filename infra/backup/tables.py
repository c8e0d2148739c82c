"""The tables of an event store as a backup reads and writes them, on either engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from infra.backup.contents import Row
from infra.event_store.terms import Term
from infra.settings import Settings


class Damaged(Exception):
    """A row cannot be backed up, because a value has the wrong type. The message names the row."""


class NotEmpty(Exception):
    """The place of a restore already has an event store."""


class Moment(Protocol):
    """The store as it is at one moment. The log up to `head` never changes, so it needs no moment."""

    head: int
    given: int
    """The highest position that the store has given out."""

    @property
    def markers(self) -> Mapping[str, bytes]: ...

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table but `stored_events`. The counter of positions is left out. Raises Damaged."""


class Source(Protocol):
    """An event store to read. Nothing in it is changed, and nobody is blocked."""

    def moment(self) -> AbstractContextManager[Moment]:
        """Raises OtherFormat, and StoreUnavailable if there is no event store."""

    def events(self, upto: int) -> Iterator[Row]:
        """The log up to this position, in portions. Raises Damaged."""

    def close(self) -> None: ...


class Target(Protocol):
    """An empty place that becomes an event store by `finish`, and stays empty without it."""

    def insert(self, table: str, rows: Sequence[Row]) -> None: ...

    def insert_terms(self, terms: Sequence[tuple[int, Sequence[Term]]]) -> None:
        """The index of the log: positions, each with the terms of its event."""

    def rows(self, table: str) -> Iterator[Row]:
        """What was inserted, as the engine reads it."""

    def finish(self) -> None: ...

    def close(self) -> None: ...


def source(settings: Settings) -> Source:
    """The event store of these settings. Raises StoreUnavailable."""
    if settings.database_url:
        from infra.backup.postgres_tables import PostgresSource

        return PostgresSource(settings.database_url)
    from infra.backup.sqlite_tables import SqliteSource

    return SqliteSource(events_file(settings))


def target(settings: Settings) -> Target:
    """The place of these settings. Raises NotEmpty, and StoreUnavailable."""
    if settings.database_url:
        from infra.backup.postgres_tables import PostgresTarget

        return PostgresTarget(settings.database_url)
    from infra.backup.sqlite_tables import SqliteTarget

    return SqliteTarget(events_file(settings))


def events_file(settings: Settings) -> Path:
    return settings.home / "events.db"
