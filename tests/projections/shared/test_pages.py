"""Pages of a list contain every row once and in order, for every sort key and every page size."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Date, Engine, Integer, MetaData, Table, Uuid, create_engine, delete, insert, select
from sqlalchemy.pool import StaticPool

from projections.shared.pages import MalformedCursor, Order, page
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


EDGES: list[Any] = [
    *("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "0001-01-01T00:00:00-23:59"),
    *("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59", "9999-12-31T23:59:59.999999+23:59"),
    *("0001-01-01", "9999-12-31", "\x00", "王", "", 2**31, -(2**31), 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 1.5, 1e300, True),
    *(None, [], {}),
]
VALUES = st.sampled_from(EDGES) | st.integers() | st.text(max_size=5) | st.datetimes().map(datetime.isoformat)
NAMES = st.sampled_from([f"{sign}things_in_pages.{key}" for key in KEYS for sign in ("", "-")])
IDS = st.sampled_from([str(UUID(int=1)), None, 5, "x"])


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


FORGED = st.builds(forged, NAMES, VALUES, IDS) | st.builds(forged, NAMES, VALUES) | st.text(max_size=20)


def _check_forged(connection: Connection, key: str, descending: bool, cursor: str) -> None:
    with suppress(MalformedCursor):
        page(connection, select(things), Order(things.c[key], things.c.id, descending), 1, cursor)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KEYS), st.booleans(), FORGED)
def test_a_forged_cursor_finds_a_place_or_is_malformed(connection: Connection, key: str, descending: bool, cursor: str) -> None:
    _check_forged(connection, key, descending, cursor)


@pytest.mark.servers
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KEYS), st.booleans(), FORGED)
def test_a_forged_cursor_finds_a_place_or_is_malformed_on_postgresql(
    postgres: Connection, key: str, descending: bool, cursor: str
) -> None:
    _check_forged(postgres, key, descending, cursor)


@pytest.mark.servers
@pytest.mark.parametrize("key", KEYS)
def test_a_cursor_with_a_value_at_the_edge_finds_a_place_or_is_malformed(
    connection: Connection, postgres: Connection, key: str
) -> None:
    for value in EDGES:
        for engine in (connection, postgres):
            _check_forged(engine, key, False, forged(f"things_in_pages.{key}", value, str(UUID(int=1))))


@pytest.mark.parametrize("name", ["number", "others.number", "-things_in_pages.number", "things_in_pages.rank"])
def test_a_cursor_of_another_list_or_order_is_malformed(connection: Connection, name: str) -> None:
    order = Order(things.c.number, things.c.id)
    page(connection, select(things), order, 1, forged("things_in_pages.number", 1, str(UUID(int=1))))
    with pytest.raises(MalformedCursor):
        page(connection, select(things), order, 1, forged(name, 1, str(UUID(int=1))))
