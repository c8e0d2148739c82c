"""Touchpoints, a quarter as many customers, and their orders: what attribution reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete

from projections.customers.customers import customer_view, customers
from projections.marketing import attribution
from projections.marketing.attribution import Question
from projections.marketing.campaigns import campaigns
from projections.marketing.touchpoints import touchpoint_rows, touchpoints
from projections.sales.channel_sales import channel_sales, sales
from projections.sales.leads import lead_rows, leads
from projections.sales.order_book import Figures
from projections.sales.orders import order_rows, orders
from projections.shared.reports import quarter
from projections.shared.rows import Row
from tests.benchmarks.reports.part import Part, Report
from tests.benchmarks.reports.sales import ALL, DAYS, FIRST, captured, insert, merged, placed, recorded, uuid7_at

CHANNELS = ("search", "social", "email", "display", "affiliate", "direct", "video", "print", "referral", "phone")
CAMPAIGNS = tuple(UUID(int=number, version=4) for number in range(1, 51))
LATER = FIRST + timedelta(days=DAYS + 100)


def fill(connection: Connection, rows: int) -> None:
    """So many touchpoints, and a quarter as many orders, customers and leads: instead of those of another part."""
    for table in (order_rows, sales, lead_rows, customers):
        connection.execute(delete(table))
    chance, like = Random(17), recorded()
    people = [UUID(int=chance.getrandbits(128), version=4) for _ in range(max(2, rows // 4))]
    some = rows // 4
    bought = [placed(number, at, people, chance) for number, at in enumerate(_moments(some, chance))]
    found = [captured(number, at, chance) for number, at in enumerate(_moments(some, chance))]
    became = [lead | {"customer_id": chance.choice(people) if lead["converted_at"] else None} for lead in found]
    insert(connection, order_rows, (like[order_rows] | one for one in bought))
    insert(connection, sales, (_sale(one) for one in bought))
    insert(connection, lead_rows, (like[lead_rows] | one for one in became))
    insert(connection, customers, (like[customers] | one for one in merged(people)))
    insert(connection, touchpoint_rows, _touches(rows, people, [lead["lead_id"] for lead in became], chance))


def _moments(several: int, chance: Random) -> list[datetime]:
    return [FIRST + timedelta(seconds=at) for at in sorted(chance.randrange(DAYS * 86_400) for _ in range(several))]


def _sale(order: Row) -> Row:
    figures = dict.fromkeys(Figures._fields, 0) | {"gross": order["gross"]}
    dated = {"quarter": quarter(order["placed_at"]), "day": None, "orders": 1, "position": order["position"]}
    return {name: order[name] for name in ("order_id", "channel", "currency")} | figures | dated


def _touches(rows: int, people: Sequence[UUID], some: Sequence[UUID], chance: Random) -> Iterator[Row]:
    """One in ten is with a lead, and of one in twenty only the day is known."""
    for number, at in enumerate(_moments(rows, chance)):
        of_lead = chance.random() < 0.1
        yield {
            "touchpoint_id": uuid7_at(at, chance),
            "position": number + 1,
            "channel": chance.choice(CHANNELS),
            "kind": "click",
            "customer_id": None if of_lead else chance.choice(people),
            "lead_id": chance.choice(some) if of_lead else None,
            "campaign_id": chance.choice(CAMPAIGNS) if chance.random() < 0.5 else None,
            "occurred_at": at,
            "occurred_on": at.date() if chance.random() < 0.05 else None,
        }


def _report(**asked: Any) -> Report:
    return lambda connection: attribution.report(connection, Question(**ALL, **asked), LATER)


PART = Part(
    read_models=(touchpoints, orders, channel_sales, leads, customer_view, campaigns),
    fill=fill,
    reports={
        "attribution markov": _report(model="markov"),
        "attribution by campaign": _report(model="shapley", by="campaign", value="revenue", currency="EUR"),
    },
)
