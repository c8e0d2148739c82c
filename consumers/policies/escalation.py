"""While an SLA target of a ticket is overdue, and its policy is in force, records the breach and escalates the ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.deadline import Deadline, Due
from consumers.policies.policy import Reaction
from domain.service.sla_policy import SlaPolicy
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import SlaTarget
from domain.shared.refusals import NotThere
from projections.service import ticket_due
from projections.service.ticket_due import Overdue


def _due(connection: Connection, now: datetime, limit: int, cursor: str | None) -> tuple[Sequence[Due], str | None]:
    found, then = ticket_due.overdue(connection, now, limit, cursor)
    return [_overdue(one) for one in found], then


def _overdue(one: Overdue) -> Due:
    """The due item, one for each target; each wait for a next reply has a key of its own, with the start of the wait."""
    facts = {"ticket_id": one.ticket_id, "metric": one.metric, "due": one.due, **one.promise._asdict()}
    del facts["code"]
    key = f"{one.ticket_id}#{one.metric}#{one.since.isoformat()}"
    return Due(key, one.ticket_id, one.version, Reaction(escalate, facts))


def escalate(
    work: UnitOfWork,
    *,
    ticket_id: UUID,
    metric: str,
    due: datetime,
    policy_id: UUID,
    version: int,
    targets: Sequence[SlaTarget],
) -> Ticket:
    """Records the breach as of `due` and escalates now. If the ticket lacks the targets, they are applied first.

    Raises NotThere if the policy was retired in the meantime.
    """
    ticket = work.existing(Ticket, ticket_id)
    if work.existing(SlaPolicy, policy_id).terms is None:
        raise NotThere(f"The policy {policy_id} is retired.", id=policy_id)
    then = msgspec.structs.replace(work.context, occurred_at=due)
    if ticket.sla is None or not {target for target in targets if target.metric == metric} <= set(ticket.sla.targets):
        ticket.apply_sla(then, policy_id, version, targets)
    ticket.breach_sla(then, metric)
    ticket.escalate(work.context, reason=f"sla_{metric}")
    return ticket


escalation = Deadline("sla-escalation", _due)
