"""A touch of a member concerns the survivor's profile, and so the records of everyone merged into the survivor as well.

The profile shows the contact methods and consents of all these records: an address of a merged customer can bounce, and
somebody who unsubscribes has no consent under any of their records. The merged customers are found with a read model, so this
policy follows the log separately, and the others need not wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from consumers.policies.caught_up import CaughtUp
from consumers.policies.consent import unsubscribing
from consumers.policies.deliverability import deliverability
from consumers.policies.policy import Policy, Reaction
from domain.marketing.campaign_member.events import Membership
from domain.sales.lead.lead import Lead
from domain.shared.aggregate import replayed
from domain.shared.events import Recorded
from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from projections.customers import merging

NAME = "merged_customers"


class MergedCustomers:
    """The policies on consents and contact methods, for the records of the merged customers."""

    def __init__(self, store: EventStore, read_models: ReadModels, completeness: Completeness) -> None:
        self._store, self._caught_up = store, CaughtUp(read_models, completeness, merging.READ)
        self._policies = deliverability(store), unsubscribing

    def policy(self) -> Policy:
        return Policy(NAME, tuple(event for policy in self._policies for event in policy.reads), self._react)

    def _react(self, recorded: Recorded) -> Iterable[Reaction]:
        event = recorded.event
        assert isinstance(event, Membership)
        answers = [one for policy in self._policies if isinstance(event, policy.reads) for one in policy.react(recorded)]
        customer_id = self._customer_of(event) if answers else None
        if customer_id is None:
            return
        with self._caught_up.reading(lambda _: recorded.position, about=recorded.metadata.subjects) as connection:
            [survivor] = merging.survivors_among(connection, [customer_id])
            merged = merging.merged_into(connection, survivor)
        for id in merged:
            for function, facts in answers:
                yield Reaction(function, {**facts, "merged_id": id})

    def _customer_of(self, event: Membership) -> UUID | None:
        if event.customer_id is not None or event.lead_id is None:
            return event.customer_id
        return replayed(Lead, event.lead_id, self._store.plain_streams([event.lead_id]).get(event.lead_id, ())).customer_id
