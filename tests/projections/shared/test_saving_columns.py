"""Rows that are written and found by columns, without an object for each: on both engines as by single rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import BigInteger, Column, Connection, Date, Double, Integer, Text, Uuid, select

from infra.read_models.database import ReadModels
from infra.routing import OnPartitions
from projections.shared import rows as module
from projections.shared.id_vectors import ids_of
from projections.shared.rows import Few, Residents, Rows
from projections.shared.tables import table

DAY = date(2026, 3, 1)
THINGS = table(
    "things",
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("size", Integer),
    Column("weight", Double),
)
PAST = table(
    "past_things",
    Column("id", Uuid, primary_key=True),
    Column("until", BigInteger, primary_key=True),
    Column("day", Date, nullable=False),
)


@pytest.fixture
def connection(read_models: ReadModels) -> Iterator[Connection]:
    with read_models.writer.begin() as connection:
        for each in (THINGS, PAST):
            each.create(connection)
        yield connection


def some(count: int) -> list[UUID]:
    draw = Random(5)
    return [UUID(int=draw.getrandbits(128)) for _ in range(count)]


def columns_of(ids: list[UUID], kinds: list[str]) -> dict[str, Any]:
    numbers = range(len(ids))
    return {
        "id": ids_of(ids),
        "kind": Few(kinds, np.array([number % len(kinds) for number in numbers])),
        "day": Few([DAY, DAY + timedelta(days=1)], np.array([number % 2 for number in numbers])),
        "size": [None if number % 5 == 0 else number for number in numbers],
        "weight": [number / 3 for number in numbers],
    }


@pytest.mark.parametrize("count", [1, 7, 8, 23])
def test_columns_are_the_rows_that_single_values_make(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(module, "ROWS_TOGETHER", (8, 3))
    ids, rows = some(count), Rows(connection)
    rows.save_columns(THINGS, columns_of(ids, ["a", "b'\"\\", "ü"]))
    assert rows.load(THINGS, ids) == {
        id: {
            "id": id,
            "kind": ("a", "b'\"\\", "ü")[number % 3],
            "day": DAY + timedelta(days=number % 2),
            "size": None if number % 5 == 0 else number,
            "weight": number / 3,
        }
        for number, id in enumerate(ids)
    }


def test_saving_again_replaces_the_rows_and_keeps_what_is_the_same(connection: Connection) -> None:
    ids, rows = some(12), Rows(connection)
    rows.save_columns(THINGS, columns_of(ids, ["a"]))
    rows.save_columns(THINGS, columns_of(ids, ["b"]) | {"weight": [0.1] * 12}, keeping=("size",))
    found = rows.load(THINGS, ids)
    assert {row["kind"] for row in found.values()} == {"b"}
    assert {row["weight"] for row in found.values()} == {0.1}
    assert [found[id]["size"] for id in ids] == [None if number % 5 == 0 else number for number in range(12)]


def test_rows_of_some_ids_are_copied_to_their_history(connection: Connection) -> None:
    ids, rows = some(12), Rows(connection)
    rows.save_columns(THINGS, columns_of(ids, ["a"]))
    rows.copy(THINGS, PAST, [rows.is_among(THINGS.c.id, ids_of(ids[:5]))], until=7)
    found = connection.execute(select(PAST.c.id, PAST.c.until, PAST.c.day)).all()
    assert {tuple(row) for row in found} == {(id, 7, DAY + timedelta(days=number % 2)) for number, id in enumerate(ids[:5])}


@pytest.mark.parametrize("partitions", [1, 3, 12])
def test_many_subjects_belong_where_each_of_them_does(partitions: int) -> None:
    ids = [*some(60), UUID(int=2**128 - 1), UUID(int=0)]
    away = set(ids[:3])
    for here in ({0}, {partitions - 1, 0}):
        rows = Rows(None, lives_here=OnPartitions(here, partitions))  # type: ignore[arg-type]
        for residents in (Residents(), rows.lives_here, rows.without(away).lives_here, rows.only(ids[4]).lives_here):
            assert residents.among(ids_of(ids)).tolist() == [residents(id) for id in ids]
