"""Rows that are read by where they are stored: each of them once, without a search of an index for each portion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Index, Integer, event, or_

from infra.read_models.database import ReadModels, sqlite_read_models
from projections.shared import vectors
from projections.shared.rows import Rows
from projections.shared.tables import table
from projections.shared.vectors import by_place, portions

MARKS = table(
    "marks",
    Column("number", BigInteger, primary_key=True),
    Column("colour", Integer, nullable=False),
    Column("size", Integer, nullable=False),
)
Index("ix_marks_colour", MARKS.c.colour, MARKS.c.number)
ROW = MARKS.c
NARROW = table(
    "narrow_marks", *(Column(column.name, column.type, primary_key=column.primary_key) for column in ROW), narrow=True
)
RED, BLUE = 1, 2
MANY = 60


@pytest.fixture
def connection(read_models: ReadModels, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """Half of the rows are red, and a portion has ten rows."""
    monkeypatch.setattr(vectors, "ROWS", 10)
    with read_models.writer.begin() as connection:
        rows = [{"number": number, "colour": (RED, BLUE)[number % 2], "size": number // 2} for number in range(MANY)]
        for each in (MARKS, NARROW):
            each.create(connection)
            Rows(connection).insert(each, rows)
        yield connection


def numbers(connection: Connection, *where: ColumnElement[bool]) -> list[int]:
    found = portions(connection, {"number": ROW.number}, where, by_place(connection, MARKS, where))
    return sorted(number for portion in found for number in portion["number"].tolist())


def test_every_row_that_meets_the_conditions_is_read_once(connection: Connection) -> None:
    assert numbers(connection) == list(range(MANY))
    assert numbers(connection, ROW.colour == RED) == list(range(0, MANY, 2))
    assert numbers(connection, ROW.colour == RED, ROW.size >= 20) == list(range(40, MANY, 2))
    assert numbers(connection, or_(ROW.colour == RED, ROW.size == 0)) == [0, 1, *range(2, MANY, 2)]
    assert numbers(connection, ROW.colour == 3) == []


def test_every_row_of_a_narrow_table_is_read_once(connection: Connection) -> None:
    where = (NARROW.c.colour == RED,)
    found = list(portions(connection, {"number": NARROW.c.number}, where, by_place(connection, NARROW, where)))
    assert sorted(number for portion in found for number in portion["number"].tolist()) == list(range(0, MANY, 2))


def test_sqlite_finds_the_rows_of_a_portion_by_their_place_also_if_an_index_has_the_condition(tmp_path: Path) -> None:
    plans: list[str] = []

    def explain(connection: Any, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        if "group_concat" in statement:
            plan = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(step for *_, step in plan)

    read_models = sqlite_read_models(tmp_path / "r.db")
    with pytest.MonkeyPatch.context() as patch, read_models.writer.begin() as connection:
        patch.setattr(vectors, "ROWS", 10)
        MARKS.create(connection)
        Rows(connection).insert(MARKS, [{"number": number, "colour": RED, "size": 1} for number in range(MANY)])
        event.listen(connection, "before_cursor_execute", explain)
        assert len(numbers(connection, ROW.colour == RED)) == MANY
    read_models.close()
    assert len(plans) == MANY // 10
    assert all("USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in step for step in plans)
