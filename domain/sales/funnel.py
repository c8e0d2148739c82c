"""Base of leads and deals. Each starts, moves from stage to stage, ends (won, converted or lost), and can be reopened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
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
    """A lead or a deal. `ended` is its end, such as `lost`; None while it is open. The times are the latest ones."""

    early: ClassVar[type[Refusal]]
    already_ended: ClassVar[type[Refusal]]
    not_ended: ClassVar[type[Refusal]]

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

    def note_reopened(self, at: datetime) -> None:
        self.ended, self.ended_at, self.reopened_at = None, None, at

    def change(self, context: Context, event: Event, *flags: str) -> None:
        """Records a changed value, but not a second time with the same time of occurrence, if the caller states one."""
        if not self.was_recorded(context, event):
            self.record(context, event, *flags, *self.refuse_early(context))

    def change_status(self, context: Context, event: Event, since: datetime | None, check: Callable[[Context], Flags]) -> None:
        """Records a new status, which `check` may refuse.

        `since` is the time since which this status is already in force, None if another one is. A status that is already in
        force is recorded again, flagged as repeated, only if the caller states another time.
        """
        if self.was_recorded(context, event):
            return
        if since is None:
            self.record(context, event, *self.refuse_early(context), *check(context))
        elif context.names_another_time_than(since):
            self.record(context, event, *self.refuse_early(context), REPEATED)

    def refuse_ended(self, context: Context) -> Flags:
        """Raises the refusal `already_ended` if the lead or deal has ended (a flag on import)."""
        return self.refuse(context, self.already_ended(id=self.id, **self.ended_in())) if self.ended else ()

    def ended_in(self) -> dict[str, Any]:
        """The ids of what continues the lead or deal after its end, by kind; a refusal names them."""
        return {}

    def refuse_open(self, context: Context) -> Flags:
        """Raises the refusal `not_ended` if the lead or deal has not ended (a flag on import)."""
        return () if self.ended else self.refuse(context, self.not_ended(id=self.id))

    def refuse_early(self, context: Context) -> Flags:
        return self.refuse(context, self.early(id=self.id)) if over_before(context, self.begun_at) else ()


def optional_amount(value: Decimal | None, currency: str | None) -> Decimal | None:
    """An amount with its currency's decimals, or None. Raises Malformed if it is negative, or if only one of both is given."""
    if value is None and currency is None:
        return None
    if value is None or currency is None:
        raise Malformed("An amount must be given with its currency.")
    return money.not_negative(value, currency)
