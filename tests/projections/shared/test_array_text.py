"""Columns sent to PostgreSQL as the text of an array arrive as they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import Connection, connect

from projections.shared.array_text import array_text, text_of_bytes

pytestmark = pytest.mark.servers

# PostgreSQL has no text with a NUL, and no half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.text('"\\{}, \nNUL', max_size=9)
columns = st.one_of(
    st.tuples(st.just("text"), st.lists(st.none() | texts)),
    st.tuples(st.just("uuid"), st.lists(st.none() | st.uuids())),
    st.tuples(st.just("bigint"), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))),
    st.tuples(st.just("float8"), st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False))),
    st.tuples(st.just("boolean"), st.lists(st.none() | st.booleans())),
    st.tuples(st.just("date"), st.lists(st.none() | st.dates())),
    st.tuples(st.just("timestamptz"), st.lists(st.none() | st.datetimes(timezones=st.just(UTC)))),
)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connect(database_url, autocommit=True) as connection:
        yield connection


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(column=columns)
@example(column=("text", ['"', "\\", '\\"', "a\nb", "NULL", "", None, "{}", "größer", "\x01"]))
@example(column=("uuid", [UUID(int=7), None]))
@example(column=("timestamptz", [datetime(2024, 1, 1, 1, 2, 3, 456_789, UTC)]))
@example(column=("date", [date(1, 1, 1), date(9999, 12, 31)]))
def test_a_column_arrives_as_it_was(connection: Connection, column: tuple[str, list[Any]]) -> None:
    type, values = column
    [found] = connection.execute(f"SELECT %s::{type}[]", [array_text(values)]).fetchone() or ()
    assert found == values


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.none() | st.binary()))
def test_so_do_bytes(connection: Connection, values: list[bytes | None]) -> None:
    [found] = connection.execute("SELECT %s::bytea[]", [text_of_bytes(values)]).fetchone() or ()
    assert found == values
