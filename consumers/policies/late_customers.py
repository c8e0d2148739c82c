"""A lead who becomes a customer brings along what they did in campaigns: a lead who unsubscribed has no consent as a customer.

The campaigns are found with a read model, so this policy follows the log separately, and the others need not wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select

from consumers.policies.caught_up import CaughtUp
from consumers.policies.consent import NAME, SOURCES, withdraw_consent
from consumers.policies.policy import Policy, Reaction, When
from domain.marketing.campaign_member.events import Touch
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.sales.lead.events import Converted
from domain.shared.aggregate import replayed
from domain.shared.events import Recorded
from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from projections.marketing.campaigns import campaign_rows, campaigns

READ = (campaigns.name,)


class LateCustomers:
    """The part of the policy `unsubscribing` that answers the conversion of a lead."""

    def __init__(self, store: EventStore, read_models: ReadModels, completeness: Completeness) -> None:
        self._store, self._caught_up = store, CaughtUp(read_models, completeness, READ)

    def policy(self) -> Policy:
        return Policy(NAME, (Converted,), self._react)

    def _react(self, recorded: Recorded) -> Iterator[Reaction]:
        with self._caught_up.reading(lambda _: recorded.position, about=recorded.metadata.subjects) as connection:
            known = connection.execute(select(campaign_rows.c.campaign_id)).scalars().all()
        for id, events in sorted(self._store.plain_streams(member_id(one, recorded.stream) for one in known).items()):
            before = [event for event in events if event.position < recorded.position]
            yield from _withdrawals(id, before)


def _withdrawals(id: UUID, events: list[Recorded]) -> Iterator[Reaction]:
    """A command for each touch of the member that ends a consent and was not retracted."""
    standing = replayed(CampaignMember, id, events).touches
    for recorded in events:
        touch = recorded.event
        if isinstance(touch, Touch) and type(touch) in SOURCES and touch in standing:
            facts = {"member_id": id, "touch": touch, "source": SOURCES[type(touch)], "when": When.of(recorded)}
            yield Reaction(withdraw_consent, facts)
