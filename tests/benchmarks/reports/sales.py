"""Orders, their sales and the products sold, as a shop records them in three years; leads and the traffic of channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, select

from domain.customers.customer.customer import Customer
from domain.sales.lead.events import Contact
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.sales.order.terms import Terms
from domain.sales.order.values import Item
from projections.customers.customers import customer_view, customers
from projections.marketing import channel_comparison, channel_effect
from projections.marketing.channel_traffic import channel_days, channel_traffic
from projections.marketing.channels import channels
from projections.sales import buyers, sales_report, sales_trend
from projections.sales.channel_sales import Question, channel_sales, report, sales
from projections.sales.leads import lead_rows, leads
from projections.sales.order_book import Figures
from projections.sales.orders import order_rows, orders
from projections.sales.product_sales import product_sales, product_sales_rows
from projections.shared.pages import LIMIT
from projections.shared.reports import quarter
from projections.shared.rows import Row, Rows
from tests.benchmarks.reports.part import Part, Report
from tests.projections.harness import History, fold, in_memory

FIRST = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 1096
CHANNELS = ("web", "store-1", "store-2", "phone", "marketplace")
CURRENCIES = ("EUR", "EUR", "EUR", "EUR", "USD")
PRODUCTS = 5_000
AT_ONCE = 10_000
BERLIN = ZoneInfo("Europe/Berlin")
ALL: dict[str, Any] = {"from_": date(1900, 1, 1), "to": date(9999, 1, 1), "zone": BERLIN}
YEAR: dict[str, Any] = {"from_": date(2025, 1, 1), "to": date(2026, 1, 1), "zone": BERLIN, "currency": "EUR"}


def fill(connection: Connection, rows: int) -> None:
    """So many orders, each with a sales row and some with a second one, so many products sold, and fewer leads."""
    chance, like = Random(16), recorded()
    people = [UUID(int=chance.getrandbits(128), version=4) for _ in range(max(2, rows // 4))]
    moments = sorted(FIRST + timedelta(seconds=chance.randrange(DAYS * 86_400)) for _ in range(rows))
    orders_placed = [placed(number, at, people, chance) for number, at in enumerate(moments)]
    insert(connection, order_rows, (like[order_rows] | one for one in orders_placed))
    insert(connection, sales, (row for one in orders_placed for row in _sales(one, chance)))
    insert(connection, product_sales_rows, islice((row for one in orders_placed for row in _products(one, chance)), rows))
    insert(connection, lead_rows, (like[lead_rows] | captured(number, at, chance) for number, at in enumerate(moments[::4])))
    insert(connection, customers, (like[customers] | one for one in merged(people)))
    insert(connection, channel_days, _traffic(min(rows, DAYS), chance))


def recorded() -> Mapping[Table, Row]:
    """A row of an order, a lead and a customer, with states as they are recorded."""
    history, found = History(), {}
    ada, order, lead = history.of(Customer, "Ada"), history.of(Order, "order"), history.of(Lead, "lead")
    lines = [Item(line_id=id, name=f"Tea {id}", sku=f"T-{id}", quantity=Decimal(2), unit_price=Decimal("9.95")) for id in "ab"]
    history.must(ada, lambda context: ada.register(context, kind="person", name="Ada"))
    history.must(
        order, lambda context: order.place(context, Terms.of("EUR", lines), number="1", channel="web", customer_id=ada.id)
    )
    history.must(lead, lambda context: lead.capture(context, number="1", channel="web", contact=Contact(name="Ada")))
    with in_memory(orders) as connection:
        fold(connection, history, orders, leads, customer_view)
        for table in (order_rows, lead_rows, customers):
            found[table] = dict(connection.execute(select(table)).mappings().one())
    return found


def placed(number: int, at: datetime, people: Sequence[UUID], chance: Random) -> Row:
    """What differs between orders. One in ten is a guest's, and of one in ten only the day is known."""
    gross = chance.randrange(500, 50_000)
    return {
        "order_id": uuid7_at(at, chance),
        "position": 3 * number + 1,
        "number": f"N-{number}",
        "customer_id": chance.choice(people) if chance.random() < 0.9 else None,
        "channel": chance.choice(CHANNELS),
        "currency": chance.choice(CURRENCIES),
        "placed_at": at,
        "placed_on": at.date() if chance.random() < 0.1 else None,
        "gross": gross,
        "discounts": gross // 10 if chance.random() < 0.2 else 0,
        "tax": gross // 5,
        "charges": 490,
    }


def uuid7_at(at: datetime, chance: Random) -> UUID:
    """An id as `new_id` makes it: ids increase with time."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | chance.getrandbits(76) & ~(3 << 62) | 2 << 62)


def _sales(order: Row, chance: Random) -> Iterator[Row]:
    nothing = dict.fromkeys(Figures._fields, 0)
    same = {name: order[name] for name in ("order_id", "channel", "currency")}
    figures = {name: order[name] for name in ("gross", "discounts", "tax", "charges")}
    yield same | nothing | figures | {"position": order["position"], "orders": 1} | _dated(order)
    if chance.random() < 0.1:
        back = {"returns": (order["gross"] - order["discounts"]) // 2, "tax": -order["tax"] // 2}
        later = order["placed_at"] + timedelta(days=chance.randrange(1, 40))
        yield same | nothing | back | {"position": order["position"] + 1, "orders": 0, "quarter": quarter(later), "day": None}


def _dated(order: Row) -> Row:
    own = order["placed_on"]
    return {"quarter": None if own else quarter(order["placed_at"]), "day": own}


def _products(order: Row, chance: Random) -> Iterator[Row]:
    same = {name: order[name] for name in ("order_id", "position", "channel", "currency")} | _dated(order)
    for part in range(chance.randrange(1, 4)):
        # Some products sell much better than others.
        product = int(PRODUCTS * chance.random() ** 3)
        goods = {"units": 1 + part, "units_part": 0, "units_returned": 0, "units_returned_part": 0}
        amounts = {"gross": 995 * (1 + part), "discounts": 0, "returns": 0}
        named = {"product": f"SKU-{product}", "name": f"Product {product}", "category": f"category {product % 20}"}
        yield same | {"part": part, "placed": True} | goods | amounts | named


def captured(number: int, at: datetime, chance: Random) -> Row:
    converted = chance.random() < 0.3
    return {
        "lead_id": uuid7_at(at, chance),
        "position": 3 * number + 2,
        "number": f"L-{number}",
        "channel": chance.choice((*CHANNELS, None)),
        "captured_at": at,
        "last_activity_at": at,
        "status": "converted" if converted else "open",
        "converted_at": at if converted else None,
    }


def merged(people: Sequence[UUID]) -> Iterator[Row]:
    """One customer in fifty was merged into another."""
    for number, (survivor, other) in enumerate(zip(people[::50], people[1::50], strict=False)):
        for id, into in ((survivor, None), (other, survivor)):
            yield {"customer_id": id, "position": 2 * number + (into is not None), "merged_into": into}


def _traffic(days: int, chance: Random) -> Iterator[Row]:
    for channel in CHANNELS:
        for day in range(days):
            date = (FIRST + timedelta(days=day)).date()
            id, channel_id = (UUID(int=chance.getrandbits(128), version=4) for _ in range(2))
            own = {"channel_day_id": id, "channel_id": channel_id, "position": day, "version": 1, "source": "site"}
            counts = {"visits": chance.randrange(5_000), "visitors": None, "impressions": None, "clicks": None}
            yield own | counts | {"channel": channel, "date": date, "cost": chance.randrange(50_000), "currency": "EUR"}


def insert(connection: Connection, table: Table, rows: Iterator[Row]) -> None:
    writing = Rows(connection)
    while some := list(islice(rows, AT_ONCE)):
        writing.insert(table, some)


def _csv(connection: Connection, **asked: Any) -> str:
    """Writes the whole report as a CSV, as the route does, and keeps none of it."""
    # FastAPI: the processes of other reports do not load it.
    from api.sales.sales_schemas import SALES_GROUP
    from api.shared.columns import columns
    from api.shared.exporting import CSV, Style, written

    groups = sales_report.report(connection, sales_report.Question(**asked))
    return f"{sum(map(len, written(groups, columns(SALES_GROUP), CSV, Style())))} bytes"


def _of_goods(*by: sales_report.Group, **asked: Any) -> Report:
    question = sales_report.Question(**(ALL | asked), by=by)
    return lambda connection: sales_report.page(connection, question, limit=LIMIT)


PART = Part(
    read_models=(orders, channel_sales, product_sales, leads, customer_view, channels, channel_traffic),
    fill=fill,
    reports={
        "buyers": lambda connection: buyers.new_and_returning(connection, Question(**ALL, by=("month",))),
        "buyers-by-day-channel": lambda connection: buyers.new_and_returning(
            connection, Question(**ALL, by=("day", "channel"))
        ),
        "buyers-of-a-year": lambda connection: buyers.new_and_returning(connection, Question(**YEAR, by=("month",))),
        "cohorts": lambda connection: buyers.cohorts(connection, Question(**ALL)),
        "sales-product-month": _of_goods("product", "month"),
        "sales-product": _of_goods("product"),
        "sales-day": _of_goods("day"),
        "sales-top": _of_goods("product", "month", top=10),
        "sales-product-month-csv": lambda connection: _csv(connection, **ALL, by=("product", "month")),
        "channel-effect": lambda connection: channel_effect.report(connection, **ALL),
        "channel-effect-by-month": lambda connection: channel_effect.report(connection, **ALL, by_period="month"),
        "channel-effect-by-day": lambda connection: channel_effect.report(connection, **ALL, by_period="day"),
        "channel-comparison": lambda connection: channel_comparison.report(
            connection, channel_comparison.Question(from_=FIRST.date(), to=date(2026, 1, 1), zone=BERLIN), date(2026, 6, 1)
        ),
        "sales-trend": lambda connection: sales_trend.report(
            connection, sales_trend.Question(**ALL, by=("channel",)), date(2026, 1, 1)
        ),
        "channel-sales-by-month": lambda connection: report(connection, Question(**ALL, by=("channel", "month"))),
    },
)
