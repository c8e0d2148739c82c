"""Pages of a list contain every row once and in order, for every sort key and every page size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Date, Engine, Integer, MetaData, Table, Uuid, create_engine, delete, insert, select
from sqlalchemy.pool import StaticPool

from projections.shared.pages import Order, page
from projections.shared.rows import Instant
from projections.shared.search import SORTED_TEXT

things = Table(
    "things_in_pages",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("number", Integer, index=True),
    Column("day", Date, index=True),
    Column("at", Instant, index=True),
    Column("text", SORTED_TEXT, index=True),
    Column("rank", Integer, nullable=False),
)
KEYS = ("number", "day", "at", "text", "rank")

MAYBE: dict[str, st.SearchStrategy[Any]] = {
    "number": st.none() | st.integers(-2, 2),
    "day": st.none() | st.dates(),
    "at": st.none() | st.integers(0, 2).map(lambda second: datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)),
    "text": st.none() | st.sampled_from(["", "a", "B", "ä", "王"]),
    "rank": st.integers(0, 2),
}
ROWS = st.lists(st.fixed_dictionaries(MAYBE), max_size=9)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    yield from _with_table(engine)


@pytest.fixture
def postgres(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    yield from _with_table(engine)


def _with_table(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        things.create(connection)
        yield connection
    engine.dispose()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from(KEYS), st.booleans(), st.integers(1, 4))
def test_pages_contain_each_row_once_in_order(
    connection: Connection, rows: list[dict[str, Any]], key: str, descending: bool, limit: int
) -> None:
    _check(connection, rows, key, descending, limit)


@pytest.mark.servers
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from(KEYS), st.booleans(), st.integers(1, 4))
def test_pages_contain_each_row_once_in_order_on_postgresql(
    postgres: Connection, rows: list[dict[str, Any]], key: str, descending: bool, limit: int
) -> None:
    _check(postgres, rows, key, descending, limit)


def _check(connection: Connection, rows: list[dict[str, Any]], key: str, descending: bool, limit: int) -> None:
    stored = [{"id": UUID(int=number * 7 % 10 + 1), **row} for number, row in enumerate(rows)]
    connection.execute(delete(things))
    if stored:
        connection.execute(insert(things), stored)
    with_key = sorted((r for r in stored if r[key] is not None), key=lambda r: (r[key], r["id"]), reverse=descending)
    without = sorted((r for r in stored if r[key] is None), key=lambda r: r["id"], reverse=descending)
    assert _paged(connection, key, descending, limit) == [row["id"] for row in with_key + without]


def _paged(connection: Connection, key: str, descending: bool, limit: int) -> list[UUID]:
    found: list[UUID] = []
    cursor = None
    while True:
        rows, cursor = page(connection, select(things), Order(things.c[key], things.c.id, descending), limit, cursor)
        assert len(rows) <= limit
        found += [row["id"] for row in rows]
        if cursor is None:
            return found
