"""Common base of leads and deals: each starts, moves from stage to stage, ends well or is lost, and can be reopened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from domain.shared import money
from domain.shared.aggregate import REPEATED
from domain.shared.annotations import Annotated
from domain.shared.events import Context, Event, Metadata
from domain.shared.occurrence import over_before
from domain.shared.refusals import Malformed, Refusal

Flags = tuple[str, ...]


class StageChanged(Event, frozen=True, tag="crm.pursuit.stage_changed"):
    """Base of the StageChanged events of leads and deals. It is never recorded itself."""

    stage: str

    def apply(self, pursuit: Pursuit, metadata: Metadata) -> None:
        pursuit.enter(self.stage, metadata.occurred_at)


class Lost(Event, frozen=True, tag="crm.pursuit.lost"):
    """Base of the Lost events of leads and deals. It is never recorded itself."""

    reason: str | None = None

    def apply(self, pursuit: Pursuit, metadata: Metadata) -> None:
        pursuit.end("lost", metadata.occurred_at)


class Pursuit(Annotated):
    """`ended` is how it ended, None while it is open. `ended_at` and `reopened_at` are the latest times of each."""

    early: ClassVar[type[Refusal]]
    over: ClassVar[type[Refusal]]
    going_on: ClassVar[type[Refusal]]

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.begun_at: datetime | None = None
        self.stage: str | None = None
        self.staged_at: datetime | None = None
        self.ended: str | None = None
        self.ended_at: datetime | None = None
        self.reopened_at: datetime | None = None

    def enter(self, stage: str | None, at: datetime) -> None:
        self.stage, self.staged_at = stage, at

    def end(self, how: str | None, at: datetime) -> None:
        self.ended, self.ended_at = how, at

    def go_on(self, at: datetime) -> None:
        self.ended, self.ended_at, self.reopened_at = None, None, at

    def change(self, context: Context, event: Event, *flags: str) -> None:
        """Records a changed value, unless it is already recorded at exactly the time that the caller states."""
        if not self.was_recorded(context, event):
            self.record(context, event, *flags, *self.refuse_early(context))

    def settle(self, context: Context, event: Event, since: datetime | None, allow: Callable[[Context], Flags]) -> None:
        """Records a new status, which `allow` may refuse.

        `since` is the time since which it already holds, None if it does not hold. A status that already holds is recorded
        again, flagged as repeated, only if the caller states another time.
        """
        if self.was_recorded(context, event):
            return
        if since is None:
            self.record(context, event, *self.refuse_early(context), *allow(context))
        elif context.names_another_time_than(since):
            self.record(context, event, *self.refuse_early(context), REPEATED)

    def allow_going_on(self, context: Context) -> Flags:
        """Raises the refusal `over` if it has ended (a flag on import)."""
        return self.refuse(context, self.over(id=self.id)) if self.ended else ()

    def allow_ended(self, context: Context) -> Flags:
        """Raises the refusal `going_on` if it has not ended (a flag on import)."""
        return () if self.ended else self.refuse(context, self.going_on(id=self.id))

    def refuse_early(self, context: Context) -> Flags:
        return self.refuse(context, self.early(id=self.id)) if over_before(context, self.begun_at) else ()


def optional_amount(value: Decimal | None, currency: str | None) -> Decimal | None:
    """An amount with its currency's decimals, or None. Raises Malformed if it is negative, or if only one of both is given."""
    if value is None and currency is None:
        return None
    if value is None or currency is None:
        raise Malformed("An amount must be given with its currency.")
    return money.not_negative(value, currency)
