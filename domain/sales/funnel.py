"""What leads and deals have in common: each begins, goes from stage to stage, ends well or is lost, and may go on again."""

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
    """What leads and deals have in common; no fact itself."""

    stage: str

    def apply(self, pursuit: Pursuit, metadata: Metadata) -> None:
        pursuit.enter(self.stage, metadata.occurred_at)


class Lost(Event, frozen=True, tag="crm.pursuit.lost"):
    """What leads and deals have in common; no fact itself."""

    reason: str | None = None

    def apply(self, pursuit: Pursuit, metadata: Metadata) -> None:
        pursuit.end("lost", metadata.occurred_at)


class Pursuit(Annotated):
    """`ended` is how it ended, None while it goes on; `ended_at` and `reopened_at` are when it last did."""

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
        """Record what is different from now on, unless it is known of the very time that the caller names."""
        if not self.was_recorded(context, event):
            self.record(context, event, *flags, *self.refuse_early(context))

    def settle(self, context: Context, event: Event, since: datetime | None, allow: Callable[[Context], Flags]) -> None:
        """Record a status. Where it has held `since` then, only if another time is named; else `allow` may refuse it."""
        if self.was_recorded(context, event):
            return
        if since is None:
            self.record(context, event, *self.refuse_early(context), *allow(context))
        elif context.names_another_time_than(since):
            self.record(context, event, *self.refuse_early(context), REPEATED)

    def allow_going_on(self, context: Context) -> Flags:
        """Refuses our own decision on what has ended (a flag on import)."""
        return self.refuse(context, self.over(id=self.id)) if self.ended else ()

    def allow_ended(self, context: Context) -> Flags:
        """Refuses our own decision on what goes on (a flag on import)."""
        return () if self.ended else self.refuse(context, self.going_on(id=self.id))

    def refuse_early(self, context: Context) -> Flags:
        return self.refuse(context, self.early(id=self.id)) if over_before(context, self.begun_at) else ()


def optional_amount(value: Decimal | None, currency: str | None) -> Decimal | None:
    """An amount with its currency's decimals, or None. Raises Malformed where one comes without the other, or below zero."""
    if value is None and currency is None:
        return None
    if value is None or currency is None:
        raise Malformed("An amount comes with its currency.")
    return money.not_negative(value, currency)
