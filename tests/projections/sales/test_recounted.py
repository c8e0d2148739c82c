"""The reports on sales, read as vectors and added up in SQL, have the values of a plain recount, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from sqlalchemy import Boolean, Connection, Integer, Uuid, create_engine, delete

from domain.shared.money import from_minor_units
from projections.marketing.channel_effect import _buyers
from projections.sales import buyers, channel_sales, sales_report
from projections.sales.channel_sales import Question
from projections.sales.order_book import Figures
from projections.sales.order_customers import customers_orders, read_orders
from projections.sales.orders import orders
from projections.sales.product_sales import MILLION, product_sales
from projections.sales.sales_figures import AMOUNTS
from projections.sales.sales_report import Named
from projections.shared import id_vectors, vectors
from projections.shared.reports import period_of
from projections.shared.rows import Instant, Rows
from projections.shared.vectors import NIL
from tests.projections.harness import in_memory
from tests.projections.measured import value, values
from tests.projections.sales import recounted
from tests.projections.sales.recounted import CHANNELS, CURRENCIES, TABLES, ZONES, Tables, random_tables

DAYS = st.sampled_from([date(1900, 1, 1), date(1930, 7, 1), date(1995, 10, 29), date(2011, 12, 30), date(2024, 3, 1)])
PERIODS = st.sampled_from([None, "day", "week", "month"])
SORTS = st.sampled_from(["net", "gross", "units", "orders", "returns"])


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Connection]:
    with in_memory(orders, channel_sales.channel_sales, product_sales) as connection:
        yield connection


@pytest.fixture
def postgres(prepared_database_url: str) -> Iterator[Connection]:
    engine = create_engine(prepared_database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every report reads many portions."""
    monkeypatch.setattr(vectors, "ROWS", 7)
    monkeypatch.setattr(vectors, "PAGES", 1)


def filled(connection: Connection, tables: Tables) -> None:
    """Writes these rows and no others. What no report reads is empty."""
    connection.rollback()
    for name, table in TABLES.items():
        connection.execute(delete(table))
        rows = getattr(tables, name)
        for row in rows:
            for column in table.c:
                if row.get(column.name) is None and not column.nullable:
                    row[column.name] = _nothing(column.type)
        Rows(connection).insert(table, rows)


def _nothing(kind: Any) -> Any:
    if isinstance(kind, Instant):
        return recounted.EDGES[0]
    if isinstance(kind, Uuid):
        return NIL
    return False if isinstance(kind, Boolean) else 0 if isinstance(kind, Integer) else ""


def asked(draw: st.DataObject, **more: Any) -> dict[str, Any]:
    return {
        "from_": draw.draw(DAYS),
        "to": draw.draw(st.sampled_from([date(2024, 4, 1), date(9999, 1, 1)])),
        "zone": draw.draw(st.sampled_from(ZONES)),
        "currency": draw.draw(st.sampled_from([None, *CURRENCIES])),
        "channel": draw.draw(st.sampled_from([None, None, *CHANNELS])),
        **more,
    }


def _check_buyers(connection: Connection, tables: Tables, question: Question) -> None:
    found = buyers.new_and_returning(connection, question)
    plain = recounted.bought(tables, question)
    period = period_of(question.by) or ""
    seen = {
        (one.group.get(period), one.group["currency"], one.group.get("channel"), one.group["buyer"]): [
            value(one, "customers") or 0,
            *values(one, "orders", "gross", "discounts", "returns"),
        ]
        for one in found
    }
    assert seen == {group: [*counts[:2], *_money(counts[2:], group[1])] for group, counts in plain.items()}
    assert all(value(one, "net") == (value(one, "gross") - value(one, "discounts") - value(one, "returns")) for one in found)
    assert list(seen) == sorted(seen, key=lambda group: (group[0] or date.min, group[1], group[2] or "", group[3]))


def _check_cohorts(connection: Connection, tables: Tables, question: Question) -> None:
    found = buyers.cohorts(connection, question)
    seen = {tuple(one.group.values()): [*values(one, "size", "customers", "orders", "net")] for one in found}
    plain = recounted.cohorts(tables, question)
    assert seen == {group: [*counts[:3], *_money(counts[3:], group[2])] for group, counts in plain.items()}
    assert list(seen) == sorted(seen)


def _check_channels(connection: Connection, tables: Tables, question: Question) -> None:
    found = {(one.channel, one.period, one.currency): one for one in channel_sales.totals(connection, question)}
    plain = recounted.channel_sums(tables, question)
    assert {group: [one.orders, *(getattr(one, name) for name in Figures._fields)] for group, one in found.items()} == {
        group: [sums[0], *_money(sums[1:], group[2])] for group, sums in plain.items()
    }
    by, days = period_of(question.by), (question.from_, question.to)
    for one, shown in zip(found.values(), channel_sales.report(connection, question), strict=True):
        assert list(shown.group.values()) == [one.period if name == by else one.channel for name in question.by] + [
            one.currency
        ]
        assert values(shown, "orders", *AMOUNTS) == (one.orders, *(getattr(one, name) for name in AMOUNTS))
    orders = customers_orders(read_orders(connection, with_channels=True))
    assert _buyers(orders, *days, by, question.zone) == recounted.channel_buyers(tables, *days, by, question.zone)


def _check_goods(connection: Connection, tables: Tables, question: sales_report.Question, limit: int) -> None:
    """All groups at once, and page by page."""
    plain = recounted.goods(tables, question)
    every = list(sales_report.report(connection, question))
    keys = [tuple(one.group[name] for name in (*question.by, "currency")) for one in every]
    names = (question.period or "", "currency", *question.own)
    assert keys == [tuple(dict(zip(names, key, strict=True))[name] for name in (*question.by, "currency")) for key, *_ in plain]
    for one, (key, name, goods) in zip(every, plain, strict=True):
        described = Named(name if one.group["product"] else None) if "product" in question.by else UNSET
        assert (one.product, value(one, "orders")) == (described, goods.orders)
        assert [units * MILLION for units in values(one, "units", "units_returned")] == [goods.units, goods.units_returned]
        gross, discounts, returns = _money(goods[3:], key[1])
        assert values(one, "gross", "discounts", "returns", "net") == (
            gross,
            discounts,
            returns,
            gross - discounts - returns,
        )
    pages: list[sales_report.Goods] = []
    cursor = None
    while pages == [] or cursor is not None:
        page, cursor = sales_report.page(connection, question, limit=limit, cursor=cursor)
        assert len(page) == limit or cursor is None
        pages += page
        if not page:
            break
    assert pages == every


def _money(amounts: Any, currency: str) -> list[Any]:
    return [from_minor_units(amount, currency) for amount in amounts]


def _check_all(connection: Connection, tables: Tables, draw: st.DataObject) -> None:
    filled(connection, tables)
    period = draw.draw(PERIODS)
    by = (*([period] if period else []), *draw.draw(st.sampled_from([(), ("channel",)])))
    question = asked(draw, by=by)
    _check_buyers(connection, tables, Question(**question))
    _check_cohorts(connection, tables, Question(**question))
    _check_channels(connection, tables, Question(**question))
    own = draw.draw(st.sampled_from([(), ("product",), ("category", "product"), ("channel", "category")]))
    top, sort = draw.draw(st.sampled_from([None, 1, 2])), draw.draw(SORTS)
    goods = {**question, "by": (*by, *own), "top": top, "sort": sort}
    _check_goods(connection, tables, sales_report.Question(**goods), draw.draw(st.sampled_from([1, 3, 50])))


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), size=st.integers(0, 30), draw=st.data())
def test_every_report_is_what_a_plain_recount_gives(sqlite: Connection, seed: int, size: int, draw: st.DataObject) -> None:
    _check_all(sqlite, random_tables(seed, size), draw)


@pytest.mark.servers
def test_postgresql_gives_the_same_reports(postgres: Connection) -> None:
    @settings(max_examples=12)
    @given(seed=st.integers(0, 2**32), size=st.integers(0, 30), draw=st.data())
    def check(seed: int, size: int, draw: st.DataObject) -> None:
        _check_all(postgres, random_tables(seed, size), draw)

    check()


def test_ids_that_are_mixed_to_the_same_number_are_told_apart(sqlite: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_vectors, "_ODD", (0, 0))
    tables = random_tables(1, 60)
    filled(sqlite, tables)
    question = Question(from_=date(1900, 1, 1), to=date(9999, 1, 1), by=("month",))
    _check_buyers(sqlite, tables, question)
    _check_cohorts(sqlite, tables, question)
