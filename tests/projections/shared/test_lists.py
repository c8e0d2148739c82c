"""The condition of a filter's field follows from the field's name, or from a rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Column, Connection, Date, Integer, Text, create_engine

from projections.shared.lists import Criteria, Listing, among, flag
from projections.shared.rows import Instant
from projections.shared.tables import aggregates, several

things = aggregates(
    "things",
    "thing_id",
    Column("colour", Text),
    Column("weight", Integer),
    Column("made_at", Instant, nullable=False),
    Column("made_on", Date),
    Column("broken_at", Instant),
)
tags = several("thing", "tag")
SHANGHAI = timezone(timedelta(hours=8))


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    colour: str | None = None
    broken: bool | None = None
    weight_from: int | None = None
    weight_to: int | None = None
    made_from: date | None = None
    made_to: date | None = None
    tag: str | None = None
    light: bool | None = None
    zone: tzinfo = UTC


LISTED = Listing[Filter, str](
    things, Filter, "weight", rules={"tag": among(tags, things.c.thing_id), "light": flag(things.c.weight < 2)}
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    at = datetime(2024, 3, 1, 20, tzinfo=UTC)
    rows = [
        {"colour": "red", "weight": 1, "made_at": at, "made_on": None, "broken_at": None},
        {"colour": "red", "weight": 2, "made_at": at, "made_on": date(2024, 3, 1), "broken_at": at},
        {"colour": "blue", "weight": 3, "made_at": at + timedelta(days=1), "made_on": None, "broken_at": None},
    ]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        for table in (things, tags):
            table.create(connection)
        common = {"position": 1, "version": 1}
        connection.execute(things.insert(), [row | common | {"thing_id": UUID(int=n)} for n, row in enumerate(rows, start=1)])
        connection.execute(tags.insert(), [{"thing_id": UUID(int=3), "tag": "gift"}])
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    ("wanted", "weights"),
    [
        (Filter(), [1, 2, 3]),
        (Filter(colour="red"), [1, 2]),
        (Filter(broken=True), [2]),
        (Filter(broken=False), [1, 3]),
        (Filter(weight_from=2), [2, 3]),
        (Filter(weight_from=1, weight_to=3), [1, 2]),
        (Filter(made_to=date(2024, 3, 2)), [1, 2]),
        (Filter(made_to=date(2024, 3, 2), zone=SHANGHAI), [2]),
        (Filter(made_from=date(2024, 3, 2), zone=SHANGHAI), [1, 3]),
        (Filter(tag="gift"), [3]),
        (Filter(light=True), [1]),
        (Filter(light=False), [2, 3]),
        (Filter(colour="red", broken=False), [1]),
    ],
)
def test_rows_match_every_field_of_the_filter(connection: Connection, wanted: Filter, weights: list[int]) -> None:
    assert [row["weight"] for row in LISTED.listing(connection, wanted).rows] == weights


def test_one_row_is_shown_as_the_list_shows_it(connection: Connection) -> None:
    assert LISTED.get(connection, UUID(int=1)) == LISTED.listing(connection).rows[0]
    assert LISTED.get(connection, UUID(int=9)) is None


@pytest.mark.parametrize("name", ["size", "size_from", "colour_after"])
def test_a_field_that_matches_no_column_fails_at_import(name: str) -> None:
    unknown = msgspec.defstruct("Unknown", [(name, str | None, None)], frozen=True, kw_only=True)
    with pytest.raises(KeyError):
        Criteria(things, unknown, {})
