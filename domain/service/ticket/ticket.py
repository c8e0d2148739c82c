"""The ticket: a customer's question or problem."""

from __future__ import annotations

from domain.service.ticket.correspondence import Corresponding, Replied, ReplyRedacted
from domain.service.ticket.opening import (
    Categorised,
    DetailsChanged,
    Linked,
    Opened,
    Opening,
    PriorityChanged,
    RequesterChanged,
)
from domain.service.ticket.processing import (
    Closed,
    Discarded,
    Escalated,
    Held,
    MergedInto,
    Pended,
    Processing,
    Reopened,
    Resumed,
    Solved,
    StatusChange,
)
from domain.service.ticket.service_levels import ServiceLevels, SlaApplied, SlaBreached
from domain.service.ticket.state import State
from domain.service.ticket.status import Move
from domain.shared import annotations as common
from domain.shared.aggregate import decision
from domain.shared.annotations import AnnotationEvents
from domain.shared.events import Context, Event, Metadata
from domain.shared.text import optional_code


class Assigned(common.Assigned, frozen=True, tag="crm.ticket.assigned.v1"):
    """The owner is the agent. The first assignment changes a new ticket to open."""

    @property
    def move(self) -> Move | None:
        """The move by which this assignment can change the status; None if it cannot."""
        return "assigned" if self.owner or self.team else None

    def apply(self, ticket: State, metadata: Metadata) -> None:  # type: ignore[override]
        ticket.assignment = (self.owner, self.team)
        if self.move:
            ticket.moved(self.move, metadata)


class Ticket(Opening, Corresponding, Processing, ServiceLevels):
    annotation_events = AnnotationEvents.of("ticket", assigned=Assigned)
    events = (
        Opened,
        DetailsChanged,
        Categorised,
        PriorityChanged,
        RequesterChanged,
        Linked,
        Replied,
        ReplyRedacted,
        Pended,
        Held,
        Resumed,
        Escalated,
        Solved,
        Reopened,
        Closed,
        MergedInto,
        Discarded,
        SlaApplied,
        SlaBreached,
        *annotation_events,
    )

    @decision
    def assign(self, context: Context, owner: str | None, team: str | None) -> None:
        """Assigns to an agent, a team, both or nobody. Raises Malformed; BeforeOpening and TicketClosed (flags on import)."""
        event = Assigned(owner=optional_code(owner, "owner"), team=optional_code(team, "team"))
        if self.assignment != (owner, team) and not self.was_recorded(context, event):
            self.record(context, event, *self.refuse_work(context))


def move_of(event: Event) -> Move | None:
    """The move by which an event can change the ticket's status; None if it cannot."""
    return event.move if isinstance(event, StatusChange | Assigned | Replied) else None
