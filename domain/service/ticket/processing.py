"""Our own decisions on a ticket's status: pending, on hold, resumed, escalated, solved, reopened, closed, merged, discarded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from domain.service.ticket import values
from domain.service.ticket.refusals import (
    OwnRelative,
    TicketClosed,
    TicketMerged,
    TicketNotSolved,
    TicketNotWaiting,
    TicketSolved,
)
from domain.service.ticket.state import State
from domain.service.ticket.status import Move, Status
from domain.service.ticket.values import DiscardReason
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.refusals import Refusal
from domain.shared.text import choice, optional_code, optional_text

ENDED: Mapping[Status, type[Refusal]] = {"solved": TicketSolved, "closed": TicketClosed}
UNSOLVED: Mapping[Status, type[Refusal]] = dict.fromkeys(("new", "open", "pending", "on_hold"), TicketNotSolved)


class StatusChange(Event, frozen=True):
    """`status_label` is the source's name of the new status."""

    move: ClassVar[Move]
    status_label: str | None = None

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.moved(self.move, metadata)


class Pended(StatusChange, frozen=True, tag="crm.ticket.pended.v1"):
    """Waiting on the customer."""

    move = "pended"


class Held(StatusChange, frozen=True, tag="crm.ticket.held.v1"):
    """Waiting on a third party."""

    move = "held"
    reason: str | None = None


class Resumed(StatusChange, frozen=True, tag="crm.ticket.resumed.v1"):
    move = "resumed"


class Escalated(Event, frozen=True, tag="crm.ticket.escalated.v1"):
    """Escalated to others, or to `team` if given. The status does not change."""

    team: str | None = None
    reason: str | None = None
    status_label: str | None = None

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.escalations[self.team, self.reason] = metadata.occurred_at


class Solved(StatusChange, frozen=True, tag="crm.ticket.solved.v1"):
    """`code` is the kind of resolution, `resolution` a free text."""

    move = "solved"
    code: str | None = None
    resolution: Personal[str] = None

    def apply(self, ticket: State, metadata: Metadata) -> None:
        super().apply(ticket, metadata)
        ticket.escalations.clear()


class Reopened(StatusChange, frozen=True, tag="crm.ticket.reopened.v1"):
    move = "reopened"
    reason: str | None = None

    def apply(self, ticket: State, metadata: Metadata) -> None:
        super().apply(ticket, metadata)
        ticket.merged_into = None


class Closed(StatusChange, frozen=True, tag="crm.ticket.closed.v1"):
    """Permanent. Later work needs a new ticket that follows up on this one."""

    move = "closed"


class MergedInto(StatusChange, frozen=True, kw_only=True, tag="crm.ticket.merged_into.v1"):
    """The ticket is closed, and continued in another ticket."""

    move = "merged"
    ticket_id: UUID

    def apply(self, ticket: State, metadata: Metadata) -> None:
        super().apply(ticket, metadata)
        ticket.merged_into = self.ticket_id


class Discarded(StatusChange, frozen=True, kw_only=True, tag="crm.ticket.discarded.v1"):
    """The ticket was not a real case. It is closed, and removed from all metrics."""

    move = "discarded"
    reason: DiscardReason


class Processing(State):
    @decision
    def pend(self, context: Context, *, status_label: str | None = None) -> None:
        event = Pended(status_label=values.label(status_label, "status"))
        self.change_status(context, event, "pending", ENDED)

    @decision
    def hold(self, context: Context, *, reason: str | None = None, status_label: str | None = None) -> None:
        event = Held(reason=optional_code(reason, "reason"), status_label=values.label(status_label, "status"))
        self.change_status(context, event, "on_hold", ENDED)

    @decision
    def resume(self, context: Context, *, status_label: str | None = None) -> None:
        """Changes a waiting ticket to open. An open ticket stays open."""
        event = Resumed(status_label=values.label(status_label, "status"))
        self.change_status(context, event, "open", {"new": TicketNotWaiting, **ENDED})

    @decision
    def escalate(
        self, context: Context, *, team: str | None = None, reason: str | None = None, status_label: str | None = None
    ) -> None:
        """Until the ticket is solved, the same escalation is recorded again only if the caller states another time."""
        label = values.label(status_label, "status")
        event = Escalated(team=optional_code(team, "team"), reason=optional_code(reason, "reason"), status_label=label)
        if not self.was_recorded(context, event):
            known = self.escalations.get((event.team, event.reason))
            self.record_status(context, event, known, *self.refuse_work(context))

    @decision
    def solve(
        self,
        context: Context,
        *,
        code: str | None = None,
        resolution: str | None = None,
        status_label: str | None = None,
    ) -> None:
        event = Solved(
            code=optional_code(code, "code"),
            resolution=optional_text(resolution, "resolution", values.TEXT_LENGTH),
            status_label=values.label(status_label, "status"),
        )
        self.change_status(context, event, "solved", {"closed": TicketClosed})

    @decision
    def reopen(self, context: Context, *, reason: str | None = None, status_label: str | None = None) -> None:
        """Makes a solved ticket open again, and also one that was discarded by mistake."""
        event = Reopened(reason=optional_code(reason, "reason"), status_label=values.label(status_label, "status"))
        refused = dict(UNSOLVED)
        if self.standing(context.occurred_at).by != "discarded":
            refused["closed"] = TicketClosed
        self.change_status(context, event, "open", refused)

    @decision
    def close(self, context: Context, *, status_label: str | None = None) -> None:
        event = Closed(status_label=values.label(status_label, "status"))
        self.change_status(context, event, "closed", UNSOLVED)

    @decision
    def merge_into(self, context: Context, ticket_id: UUID) -> None:
        """Raises OwnRelative, TicketMerged; TicketClosed (a flag on import)."""
        if ticket_id == self.id:
            raise OwnRelative(id=self.id)
        if self.merged_into not in (None, ticket_id):
            raise TicketMerged(id=self.id, merged_into=self.merged_into)
        event = MergedInto(ticket_id=ticket_id)
        if self.merged_into is None and not self.was_recorded(context, event):
            self.record(context, event, *self.refuse_work(context))

    @decision
    def discard(self, context: Context, *, reason: DiscardReason, status_label: str | None = None) -> None:
        """A closed ticket can also be discarded."""
        choice(reason, DiscardReason, "reason")
        event = Discarded(reason=reason, status_label=values.label(status_label, "status"))
        standing = self.standing(context.occurred_at)
        since = standing.since if standing.by == "discarded" else None
        if not self.was_recorded(context, event):
            self.record_status(context, event, since, *self.refuse_early(context))
