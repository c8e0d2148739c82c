"""The state that a ticket's decisions read, and the status at any time."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.service.ticket.refusals import BeforeOpening, TicketClosed
from domain.service.ticket.status import Move, Moved, Standing, Status, course
from domain.shared.annotations import Annotated
from domain.shared.events import Context, Event, Metadata
from domain.shared.occurrence import over_before
from domain.shared.reference import Reference
from domain.shared.refusals import Refusal

if TYPE_CHECKING:
    from domain.service.ticket.correspondence import Replied
    from domain.service.ticket.opening import Opened
    from domain.service.ticket.service_levels import SlaApplied


class State(Annotated):
    name = "ticket"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.opened: Opened | None = None
        self.opened_at: datetime | None = None
        self.customer_id: UUID | None = None
        self.customers: set[tuple[UUID, datetime]] = set()
        self.details: dict[str, str | None] = {}
        self.category: str | None = None
        self.priority: str | None = None
        self.about: set[Reference] = set()
        self.moves: list[Moved] = []
        self.escalations: dict[tuple[str | None, str | None], datetime] = {}
        self.replies: dict[str, Replied] = {}
        self.redactions: dict[str, datetime] = {}
        self.merged_into: UUID | None = None
        self.sla: SlaApplied | None = None
        self.breaches: dict[str, datetime] = {}

    @property
    def number(self) -> str | None:
        return self.opened.number if self.opened else None

    @property
    def status(self) -> Status:
        return self.standing().status

    def standing(self, at: datetime | None = None) -> Standing:
        """The status at that time, or the current status."""
        assert self.opened_at is not None, "the ticket is not opened yet, so it has no status"
        known = len(self.moves) if at is None else bisect_right(self.moves, at, key=lambda moved: moved.at)
        return course(self.opened_at, self.moves[:known])[-1]

    def moved(self, move: Move, metadata: Metadata) -> None:
        insort(self.moves, Moved(metadata.occurred_at, self.version, move))

    def change_status(self, context: Context, event: Event, status: Status, refused: Mapping[Status, type[Refusal]]) -> None:
        """Records a status. Raises the refusal in `refused` for the current status, if any (a flag on import)."""
        if self.was_recorded(context, event):
            return
        standing = self.standing(context.occurred_at)
        if standing.status == status:
            self.record_status(context, event, standing.since, *self.refuse_early(context))
        else:
            self.record(context, event, *self.refuse_early(context), *self.refuse_from(context, standing, refused))

    def refuse_from(self, context: Context, standing: Standing, refused: Mapping[Status, type[Refusal]]) -> tuple[str, ...]:
        """Raises the refusal in `refused` for the status of `standing`, if any (a flag on import)."""
        refusal = refused.get(standing.status)
        return () if refusal is None else self.refuse(context, self._refusal(refusal))

    def _refusal(self, refusal: type[Refusal]) -> Refusal:
        """The refusal; if the ticket is closed by a merge, it names the ticket that continues this one."""
        if self.merged_into is None or refusal is not TicketClosed:
            return refusal(id=self.id)
        detail = f"The ticket was merged into {self.merged_into}, which continues it."
        return refusal(detail, id=self.id, merged_into=self.merged_into)

    def refuse_work(self, context: Context) -> tuple[str, ...]:
        """Raises BeforeOpening or TicketClosed if the ticket is not opened yet or is closed (flags on import)."""
        closed = self.refuse_from(context, self.standing(context.occurred_at), {"closed": TicketClosed})
        return self.refuse_early(context) + closed

    def refuse_early(self, context: Context) -> tuple[str, ...]:
        return self.refuse(context, BeforeOpening(id=self.id)) if self.is_early(context) else ()

    def is_early(self, context: Context) -> bool:
        """Whether the fact certainly happened before the ticket was opened, given the precision of its time."""
        return over_before(context, self.opened_at)
