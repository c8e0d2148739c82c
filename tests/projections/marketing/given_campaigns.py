"""Campaigns with members, as their events make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign_member.events import Converted, Removed, Suppressed, Targeted, Touch
from domain.marketing.campaign_member.member import CampaignMember
from projections.marketing.campaign_members import campaign_members
from projections.marketing.campaigns import campaigns
from tests.projections.harness import History, clear, fold, uuid

D = Decimal
MARCH_1 = datetime(2024, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


class Campaigns:
    """Campaigns with members, folded when the report is requested."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.history = History()
        self.history.now = datetime(2024, 6, 1, tzinfo=UTC)

    def campaign(self, name: str = "Spring", **plan: Any) -> Campaign:
        campaign = self.history.of(Campaign, name)
        stated: dict[str, Any] = {"name": name, "currency": "EUR", "attribution_window_days": 7} | plan
        self.history.must(campaign, lambda context: campaign.draw_up(context, **stated))
        return campaign

    def target(self, who: str, variant: str = "treatment", at: datetime = MARCH_1, *, of: str = "Spring", **more: Any) -> None:
        member, ids = self._member(who, of)
        event = Targeted(**ids, variant=variant)
        self.history.must(member, lambda context: member.target(context, event), occurred_at=at, **more)

    def touch(self, who: str, kind: type[Touch], at: datetime = MARCH_1 + DAY, *, of: str = "Spring", **more: Any) -> None:
        member, ids = self._member(who, of)
        self.history.must(member, lambda context: member.touch(context, kind(**ids, **more)), occurred_at=at)

    def convert(
        self, who: str, value: str | None = "10.00", at: datetime = MARCH_1 + DAY, *, of: str = "Spring", **more: Any
    ) -> None:
        member, ids = self._member(who, of)
        worth = {} if value is None else {"value": D(value), "currency": more.pop("currency", "EUR")}
        event = Converted(**ids, conversion_id=f"c{len(member.conversions)}", **worth)
        self.history.must(member, lambda context: member.convert(context, event), occurred_at=at, **more)

    def spend(self, campaign: Campaign, spend_id: str, amount: str, **more: Any) -> None:
        self.history.must(campaign, lambda context: campaign.record_spend(context, spend_id, D(amount), **more))

    def remove(self, who: str) -> None:
        member, ids = self._member(who, "Spring")
        self.history.must(member, lambda context: member.remove(context, Removed(**ids)))

    def suppress(self, who: str) -> None:
        member, ids = self._member(who, "Spring")
        self.history.must(member, lambda context: member.suppress(context, Suppressed(**ids, reason="no_consent")))

    def reverse(self, who: str, conversion_id: str = "c0") -> None:
        member, _ = self._member(who, "Spring")
        self.history.must(member, lambda context: member.reverse_conversion(context, conversion_id))

    def customer(self, who: str, at: datetime = MARCH_1) -> Customer:
        customer = self.history.of(Customer, who)
        if not customer.exists:
            self.history.must(customer, lambda context: customer.register(context, kind="person", name=who), occurred_at=at)
        return customer

    def merge(self, who: str, into: str) -> None:
        customer, survivor = self.customer(who), self.customer(into)
        self.history.must(customer, lambda context: customer.merge_into(context, survivor.id))

    def unmerge(self, who: str) -> None:
        customer = self.customer(who)
        self.history.must(customer, customer.unmerge)

    def erase(self, who: str) -> None:
        customer = self.customer(who)
        self.history.must(
            customer, lambda context: customer.erase(context, reason="requested", requested_by="customer", receipt="R1")
        )

    def member(self, who: str) -> CampaignMember:
        return self._member(who, "Spring")[0]

    def _member(self, who: str, of: str) -> tuple[CampaignMember, dict[str, Any]]:
        ids = {"campaign_id": uuid(of), "customer_id": uuid(who)}
        return self.history.of(CampaignMember, f"{who} in {of}"), ids

    def fold(self) -> None:
        """Fills the tables again with all that has happened."""
        for projection in (campaigns, campaign_members):
            clear(self.connection, projection)
            fold(self.connection, self.history, projection)
