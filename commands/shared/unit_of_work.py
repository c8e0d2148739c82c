"""One command's view of the aggregates.

A command is a function `(work, *, facts) -> aggregate`: it loads the aggregates it needs through the unit of work, calls a
decision, and returns the aggregate it acted on. It may run more than once (when a commit finds a stale stream), so it has no
other side effect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from commands.shared.commit import ContactKey
from domain.shared.aggregate import Aggregate
from domain.shared.events import Context

A = TypeVar("A", bound=Aggregate)


class UnitOfWork(Protocol):
    context: Context

    def load(self, kind: type[A], id: UUID) -> A:
        """The aggregate in its current state. `exists` is False if nothing was recorded for it."""

    def existing(self, kind: type[A], id: UUID) -> A:
        """Like `load`; refused as NotThere if nothing was recorded."""

    def claim(self, register: str, number: str, holder: UUID) -> str:
        """Reserves a number permanently, in the same commit; refused as NumberTaken if another aggregate holds it."""

    def next_number(self, register: str, holder: UUID) -> str:
        """Takes the register's next free number (gaps are allowed) and claims it."""

    def holders(self, contacts: Iterable[ContactKey]) -> set[UUID]:
        """The customers who have one of these contacts. One who has it no longer may be among them, so look at each.

        The commit finds out whether that is still so, and who else has one: then the command runs again.
        """
