"""One command's view of the aggregates.

A command is a function `(work, *, facts) -> aggregate`: it loads what it needs through the unit of work, lets the
aggregate decide, and returns the aggregate it acted on. It may run more than once (a commit found something stale), so it
has no other effect.
"""

from __future__ import annotations

from typing import Protocol, TypeVar
from uuid import UUID

from domain.shared.aggregate import Aggregate
from domain.shared.events import Context

A = TypeVar("A", bound=Aggregate)


class UnitOfWork(Protocol):
    context: Context

    def load(self, kind: type[A], id: UUID) -> A:
        """The aggregate as of now; one without events (`exists` is False) where nothing was recorded."""

    def existing(self, kind: type[A], id: UUID) -> A:
        """Like `load`; refused as NotThere where nothing was recorded."""

    def claim(self, register: str, number: str, holder: UUID) -> str:
        """Holds a number for ever, in the same commit; refused as NumberTaken where another one holds it."""

    def next_number(self, register: str, holder: UUID) -> str:
        """Draws the register's next free number (gaps are allowed) and claims it."""
