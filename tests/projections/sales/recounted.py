"""The reports on sales recounted row by row in plain Python, and random rows to recount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from random import Random
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from projections.customers.customers import customers
from projections.marketing.channel_effect_figures import Buyers
from projections.sales.channel_sales import sales
from projections.sales.order_book import Figures
from projections.sales.orders import order_rows
from projections.sales.product_sales import MILLION, product_sales_rows
from projections.shared.occurred import day_of, midnight
from projections.shared.reports import Days, day_of_row, first_day, period_of, quarter
from projections.shared.rows import Row

# Clocks are set back over midnight in St. John's, and days began at 23:40:28 UTC in Amsterdam.
ZONES = (UTC, *map(ZoneInfo, ("Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Europe/Amsterdam", "Pacific/Apia")))
EDGES = (
    datetime(1930, 6, 30, 23, 40, 28, tzinfo=UTC),
    datetime(1995, 10, 29, 2, 30, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(2024, 2, 29, 23, tzinfo=UTC),
    datetime(2024, 3, 31, 22, tzinfo=UTC),
)
"""Moments at which a day begins in one of the zones, or clocks are set back or a day is left out."""
CHANNELS, CURRENCIES = ("web", "store", "東京"), ("EUR", "JPY")
PRODUCTS = (("A", "x"), ("a", "x"), ("Ä", None), ("b", "y"), (None, None))
LARGE = 10**17


class Tables(NamedTuple):
    orders: list[Row]
    sales: list[Row]
    products: list[Row]
    customers: list[Row]


def random_tables(seed: int, size: int) -> Tables:
    """Orders of a few customers, some of them merged, with their sales and products. Many are placed at the same moment."""
    chance = Random(seed)
    # Ids that share a half with others.
    halves = [chance.getrandbits(64) for _ in range(3)]
    people = [UUID(int=chance.choice(halves) << 64 | chance.choice(halves)) for _ in range(6)]
    found = Tables([], [], [], _merged(people, chance))
    for number in range(size):
        order = _order(number, people, chance)
        test = order["test"]
        if chance.random() < 0.95:
            found.orders.append(order)
        if not test:
            found.sales.extend(_sales(order, chance))
            found.products.extend(_products(order, chance))
    return found


def _merged(people: Sequence[UUID], chance: Random) -> list[Row]:
    """Each customer may be merged into a later one. Some are not known."""
    known = dict.fromkeys(people)
    rows = []
    for number, id in enumerate(known):
        into = chance.choice([None, None, *list(known)[number + 1 :]])
        nothing: Row = {column.name: None for column in customers.c}
        rows.append(nothing | {"customer_id": id, "merged_into": into})
    return rows


def _moment(chance: Random) -> datetime:
    return chance.choice(EDGES) + timedelta(seconds=chance.choice([0, 0, -1, 1, 30, 60, 3600, 86_400]) * chance.randrange(30))


def _order(number: int, people: Sequence[UUID], chance: Random) -> Row:
    at = _moment(chance)
    return {column.name: None for column in order_rows.c} | {
        "order_id": UUID(int=chance.getrandbits(128)),
        "position": number,
        "customer_id": chance.choice([*people, None]),
        "channel": chance.choice(CHANNELS),
        "currency": chance.choice(CURRENCIES),
        "placed_at": at,
        "placed_on": at.date() + timedelta(days=chance.randrange(2)) if chance.random() < 0.3 else None,
        "test": chance.random() < 0.1,
    }


def _sales(order: Row, chance: Random) -> Iterator[Row]:
    for part in range(1 + chance.randrange(3)):
        own = order["placed_on"] if part == 0 else None
        at = order["placed_at"] if part == 0 else _moment(chance)
        yield {
            **{name: order[name] for name in ("order_id", "channel", "currency")},
            "position": part,
            "quarter": None if own else quarter(at),
            "day": own,
            "orders": int(part == 0),
            **{name: _amount(chance) for name in Figures._fields},
        }


def _products(order: Row, chance: Random) -> Iterator[Row]:
    for part in range(1 + chance.randrange(3)):
        own, placed = order["placed_on"], chance.random() < 0.7
        at = order["placed_at"] if placed else _moment(chance)
        product, category = chance.choice(PRODUCTS)
        yield {
            **{name: order[name] for name in ("order_id", "channel", "currency")},
            "position": int(not placed),
            "part": part,
            "product": product,
            "name": product and chance.choice([product, f"{product} long"]),
            "category": category,
            "quarter": None if own else quarter(at),
            "day": own,
            "placed": placed,
            "units": chance.randrange(-3, 4),
            "units_part": chance.choice([0, 0, 500_000, MILLION - 1]),
            "units_returned": chance.randrange(3),
            "units_returned_part": chance.choice([0, 250_000]),
            **{name: _amount(chance) for name in ("gross", "discounts", "returns")},
        }


def _amount(chance: Random) -> int:
    return chance.choice([0, 0, chance.randrange(-500, 50_000), LARGE * chance.randrange(80, 92)])


# Recounted


def within(rows: Sequence[Row], days: Days, **values: Any) -> Iterator[Row]:
    first, end = (quarter(midnight(day, days.zone)) for day in (days.from_, days.to))
    for row in rows:
        dated = days.from_ <= row["day"] < days.to if row["day"] else first <= row["quarter"] < end
        if dated and all(value is None or row[name] == value for name, value in values.items()):
            yield row


def buyers_of(tables: Tables) -> Mapping[UUID, tuple[UUID | None, bool]]:
    """The customer of each order, and whether it is their first one."""
    into = {row["customer_id"]: row["merged_into"] for row in tables.customers}

    def survivor(id: UUID | None) -> UUID | None:
        return id if id is None or into.get(id) is None else survivor(into[id])

    first: dict[UUID, UUID] = {}
    real = [order | {"customer_id": survivor(order["customer_id"])} for order in tables.orders if not order["test"]]
    for order in sorted(real, key=lambda order: (order["placed_at"], order["order_id"].int)):
        if order["customer_id"] is not None:
            first.setdefault(order["customer_id"], order["order_id"])
    return {o["order_id"]: (o["customer_id"], first.get(o["customer_id"]) == o["order_id"]) for o in real}


def bought(tables: Tables, question: Any) -> Mapping[tuple[Any, ...], list[int]]:
    """By period, currency, channel and buyer: customers, orders, gross, discounts, returns."""
    period, known = period_of(question.by), buyers_of(tables)
    sums: dict[tuple[Any, ...], list[int]] = {}
    customers: defaultdict[tuple[Any, ...], set[UUID]] = defaultdict(set)
    for row in within(tables.sales, question, channel=question.channel, currency=question.currency):
        if row["order_id"] in known:
            customer, first = known[row["order_id"]]
            buyer = "guest" if customer is None else "new" if first else "returning"
            day = first_day(day_of_row(row, question.zone), period) if period else None
            group = day, row["currency"], row["channel"] if "channel" in question.by else None, buyer
            amounts = (row[name] for name in ("orders", "gross", "discounts", "returns"))
            sums[group] = [a + b for a, b in zip(sums.get(group, [0] * 4), amounts, strict=True)]
            if row["orders"] and customer is not None:
                customers[group].add(customer)
    return {group: [len(customers[group]), *amounts] for group, amounts in sums.items()}


def cohorts(tables: Tables, question: Any) -> Mapping[tuple[date, int, str], list[int]]:
    """By cohort, months since and currency: size, customers, orders, net."""
    known, began = buyers_of(tables), {}
    for order in tables.orders:
        customer, first = known.get(order["order_id"], (None, False))
        day = day_of(order["placed_at"], order["placed_on"], question.zone)
        asked = question.from_ <= day < question.to and question.channel in (None, order["channel"])
        if first and customer is not None and asked:
            began[customer] = day.replace(day=1)
    sums: defaultdict[tuple[date, int, str], list[int]] = defaultdict(lambda: [0, 0])
    customers: defaultdict[tuple[date, int, str], set[UUID]] = defaultdict(set)
    for row in tables.sales:
        customer, _ = known.get(row["order_id"], (None, False))
        if customer in began and question.currency in (None, row["currency"]):
            month, day = began[customer], day_of_row(row, question.zone)
            group = month, max(12 * (day.year - month.year) + day.month - month.month, 0), row["currency"]
            sums[group][0] += row["orders"]
            sums[group][1] += row["gross"] - row["discounts"] - row["returns"]
            if row["orders"]:
                customers[group].add(customer)
    sizes = list(began.values())
    return {group: [sizes.count(group[0]), len(customers[group]), *amounts] for group, amounts in sums.items()}


def channel_buyers(tables: Tables, from_: date, to: date, by: Any, zone: tzinfo) -> Mapping[tuple[str, date | None], Buyers]:
    """By channel and period: the customers who ordered, and those who never had before."""
    known = buyers_of(tables)
    customers: defaultdict[tuple[str, date | None], set[UUID]] = defaultdict(set)
    new: defaultdict[tuple[str, date | None], int] = defaultdict(int)
    for order in tables.orders:
        customer, first = known.get(order["order_id"], (None, False))
        at, own = order["placed_at"], order["placed_on"]
        asked = from_ <= own < to if own else midnight(from_, zone) <= at < midnight(to, zone)
        if customer is not None and asked:
            place = order["channel"], first_day(day_of(at, own, zone), by) if by else None
            customers[place].add(customer)
            new[place] += first
    return {place: Buyers(len(ids), new[place]) for place, ids in customers.items()}


def channel_sums(tables: Tables, question: Any) -> Mapping[tuple[Any, ...], list[int]]:
    """By channel, period and currency: orders and all figures."""
    period = period_of(question.by)
    sums: dict[tuple[Any, ...], list[int]] = {}
    for row in within(tables.sales, question, channel=question.channel, currency=question.currency):
        day = first_day(day_of_row(row, question.zone), period) if period else None
        group = row["channel"] if "channel" in question.by else None, day, row["currency"]
        amounts = (row[name] for name in ("orders", *Figures._fields))
        sums[group] = [a + b for a, b in zip(sums.get(group, [0] * 9), amounts, strict=True)]
    return sums


class Goods(NamedTuple):
    """The sums of a group, in millionths of units and in minor units."""

    orders: int
    units: int
    units_returned: int
    gross: int
    discounts: int
    returns: int


def goods(tables: Tables, question: Any) -> list[tuple[tuple[Any, ...], str | None, Goods]]:
    """The groups of the sales report in order: their keys, names and sums."""
    period, rows = period_of(question.by), defaultdict(list)
    filters = {name: getattr(question, name) for name in ("channel", "product", "category", "currency")}
    for row in within(tables.products, question, **filters):
        day = first_day(day_of_row(row, question.zone), period) if period else None
        rows[(day, row["currency"], *(row[name] for name in question.own))].append(row)
    found = [(key, *_goods(some)) for key, some in sorted(rows.items(), key=lambda item: _in_order(item[0]))]
    if question.top is None:
        return found
    best = []
    for of in sorted({key[:2] for key, *_ in found}, key=_in_order):
        among = [one for one in found if one[0][:2] == of]
        best += sorted(among, key=lambda one: -_size(one[2], question.sort))[: question.top]
    return best


def _goods(rows: Sequence[Row]) -> tuple[str | None, Goods]:
    units = (sum(row[name] * MILLION + row[f"{name}_part"] for row in rows) for name in ("units", "units_returned"))
    amounts = (sum(row[name] for row in rows) for name in ("gross", "discounts", "returns"))
    names = [row["name"] for row in rows if row["name"] is not None]
    return max(names, default=None), Goods(len({row["order_id"] for row in rows if row["placed"]}), *units, *amounts)


def _in_order(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return key[0] or date.min, *(value or "" for value in key[1:])


def _size(goods: Goods, sort: str) -> int:
    size: int = goods.gross - goods.discounts - goods.returns if sort == "net" else getattr(goods, sort)
    return size


TABLES = {"orders": order_rows, "sales": sales, "products": product_sales_rows, "customers": customers}
