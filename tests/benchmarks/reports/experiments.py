"""A campaign with a million members in three arms, who bought before, and the reports that compare the arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, select

from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.values import Variant
from domain.marketing.campaign_member.events import Converted, Sent, Targeted
from domain.marketing.campaign_member.member import CampaignMember
from projections.customers.attribute_history import attribute_history, attribute_rows
from projections.marketing import campaign_lift, campaign_variants
from projections.marketing.campaign_members import campaign_members, conversions, members
from projections.marketing.campaigns import campaign_rows, campaigns
from projections.marketing.member_book import BIT
from projections.sales.orders import order_rows
from projections.shared.rows import Row
from tests.benchmarks.reports import sales
from tests.benchmarks.reports.part import Part
from tests.projections.harness import History, fold, in_memory, uuid

CAMPAIGN = uuid("Spring")
ARMS = (("short", 0.45, 0.06), ("long", 0.45, 0.055), ("control", 0.1, 0.05))
"""The share of members of each arm, and the share of them who convert."""


def fill(connection: Connection, rows: int) -> None:
    """So many members; the customers of the orders are a quarter of them."""
    chance = Random(16)
    people = [UUID(int=chance.getrandbits(128), version=4) for _ in range(max(2, rows // 4))]
    if not connection.execute(select(order_rows.c.order_id).limit(1)).first():
        sales.PART.fill(connection, rows)
    like = _recorded()
    sales.insert(connection, campaign_rows, iter([like[campaign_rows]]))
    everyone = [*people, *(UUID(int=chance.getrandbits(128), version=4) for _ in range(rows - len(people)))]
    chance.shuffle(everyone)
    made = [_member(number, customer, like, chance) for number, customer in enumerate(everyone)]
    sales.insert(connection, members, iter(made))
    sales.insert(connection, attribute_rows, (_attribute(one, chance) for one in made))
    sales.insert(connection, conversions, (row for one in made for row in _conversions(one, chance)))


def _recorded() -> Mapping[Table, Row]:
    """The rows of the campaign and of a member, with states as they are recorded."""
    history = History()
    campaign, member = history.of(Campaign, "Spring"), history.of(CampaignMember, "Ada")
    shares = (Variant(code="short", share=Decimal("0.45")), Variant(code="long", share=Decimal("0.45")))
    plan: dict[str, Any] = {"name": "Spring", "currency": "EUR", "attribution_window_days": 30, "holdout_share": Decimal("0.1")}
    history.must(campaign, lambda context: campaign.draw_up(context, **plan, variants=shares))
    ids: dict[str, Any] = {"campaign_id": campaign.id, "customer_id": uuid("Ada")}
    bought = Converted(**ids, conversion_id="a", value=Decimal("10.00"), currency="EUR")
    history.must(member, lambda context: member.target(context, Targeted(**ids, variant="short")))
    history.must(member, lambda context: member.touch(context, Sent(**ids, send_id="s", channel="email")))
    history.must(member, lambda context: member.convert(context, bought))
    with in_memory(campaigns, campaign_members) as connection:
        fold(connection, history, campaigns, campaign_members)
        tables = (campaign_rows, members)
        return {table: dict(connection.execute(select(table)).mappings().one()) for table in tables}


def _member(number: int, customer: UUID, like: Mapping[Table, Row], chance: Random) -> Row:
    [(variant, _, rate)] = chance.choices(ARMS, [share for _, share, _ in ARMS])
    converted = chance.random() < rate
    started = sales.FIRST + timedelta(days=600, seconds=chance.randrange(86_400))
    reached = BIT["targeted"] | BIT["sent"] | (BIT["converted"] if converted else 0)
    return like[members] | {
        "member_id": UUID(int=chance.getrandbits(128), version=4),
        "position": number,
        "customer_id": customer,
        "variant": variant,
        "started_at": started,
        "reached": reached,
        "converted_after": 3 if converted else None,
    }


def _attribute(member: Row, chance: Random) -> Row:
    same = {"customer_id": member["customer_id"], "position": member["position"], "set_at": sales.FIRST}
    return same | {"key": "size", "number": repr(chance.random())}


def _conversions(member: Row, chance: Random) -> Iterator[Row]:
    if member["converted_after"] is not None:
        value = int(chance.lognormvariate(8, 1))
        same = {
            "member_id": member["member_id"],
            "campaign_id": CAMPAIGN,
            "variant": member["variant"],
            "currency": "EUR",
            "days_after": 3,
        }
        yield same | {"conversion_id": "a", "value": value}


PART = Part(
    read_models=(campaigns, campaign_members, attribute_history, *sales.PART.read_models),
    fill=fill,
    reports={
        "campaign-lift": lambda connection: campaign_lift.report(connection, campaign_lift.Question(campaign_id=CAMPAIGN)),
        "campaign-lift-cuped": lambda connection: campaign_lift.report(
            connection, campaign_lift.Question(campaign_id=CAMPAIGN, covariate="spend")
        ),
        "campaign-lift-attribute": lambda connection: campaign_lift.report(
            connection, campaign_lift.Question(campaign_id=CAMPAIGN, covariate="attribute:size")
        ),
        "campaign-variants": lambda connection: campaign_variants.report(
            connection, campaign_variants.Question(campaign_id=CAMPAIGN)
        ),
    },
)
