"""The service level targets of a ticket, and their breaches."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.service.ticket.refusals import TargetUnknown
from domain.service.ticket.state import State
from domain.service.ticket.values import Hours, SlaTarget
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.refusals import Malformed
from domain.shared.text import check_code, choice

EACH_TIME = frozenset({"next_reply"})
"""Metrics that are measured several times in a ticket; each time can be a separate breach."""


class SlaApplied(Event, frozen=True, tag="crm.ticket.sla_applied.v1"):
    """These targets of this version of the policy apply to the ticket from now on."""

    policy_id: UUID
    policy_version: int
    targets: tuple[SlaTarget, ...]

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.sla = self
        ticket.breaches = {}


class SlaBreached(Event, frozen=True, tag="crm.ticket.sla_breached.v1"):
    metric: str

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.breaches[self.metric] = metadata.occurred_at


class ServiceLevels(State):
    @decision
    def apply_sla(self, context: Context, policy_id: UUID, policy_version: int, targets: Sequence[SlaTarget]) -> None:
        """Raises Malformed."""
        for target in targets:
            check_code(target.metric, "metric")
            choice(target.hours, Hours, "hours")
        metrics = {target.metric for target in targets}
        if not targets or len(metrics) < len(targets) or min(target.seconds for target in targets) <= 0:
            raise Malformed("There must be at least one target, only one for each metric, and each longer than 0 seconds.")
        applied = SlaApplied(policy_id=policy_id, policy_version=policy_version, targets=tuple(targets))
        if self.sla != applied:
            self.record_once(context, applied)

    @decision
    def breach_sla(self, context: Context, metric: str) -> None:
        """Raises TargetUnknown."""
        if self.sla is None or metric not in {target.metric for target in self.sla.targets}:
            raise TargetUnknown(metric=metric)
        known = None if metric in EACH_TIME else self.breaches.get(metric)
        self.record_status(context, SlaBreached(metric=metric), known)
