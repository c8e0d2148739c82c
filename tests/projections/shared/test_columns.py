"""How values of columns are stored: ids and moments as numbers on SQLite, fixed texts by their place, JSON packed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args, get_type_hints
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, Text, Uuid, select

from domain.shared.events import Actor
from infra.read_models.database import ReadModels
from projections.sales.order_states import LIKE, STATE
from projections.shared import names
from projections.shared.choices import ACTOR_TYPES, ORIGINS, Choice
from projections.shared.packed import Packed
from projections.shared.rows import Instant, Rows

EDGES = [datetime.min.replace(tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), datetime.max.replace(tzinfo=UTC)]


def test_values_are_read_and_sorted_as_they_were_written(read_models: ReadModels) -> None:
    table = Table(
        "values",
        MetaData(),
        Column("at", Instant, primary_key=True),
        *(Column("id", Uuid), Column("origin", Choice(ORIGINS)), Column("state", Packed(LIKE)), Column("text", Text)),
    )
    moments = sorted({*EDGES, *(EDGES[1] + timedelta(days=n) for n in range(-3, 3))})
    written = [
        {"at": at, "id": UUID(int=n << 120 | n), "origin": ORIGINS[n % 4], "state": f'{{"money":"{n} €"}}', "text": None}
        for n, at in enumerate(moments)
    ]
    nothing = {"at": datetime(2026, 1, 1, tzinfo=UTC), "id": None, "origin": None, "state": None, "text": None}
    with read_models.writer.begin() as connection:
        table.create(connection)
        rows = Rows(connection)
        rows.save(table, [*written[::-1], nothing])
        found = connection.execute(select(table).where(table.c.id.is_not(None)).order_by(table.c.at)).mappings().all()
        assert [dict(row) for row in found] == written
        by_id = connection.execute(select(table.c.at).where(table.c.id > UUID(int=4 << 120 | 4)).order_by(table.c.id)).scalars()
        assert by_id.all() == moments[5:]
        assert {row["at"] for row in rows.select(table, "origin", ["policy"])} == {moments[3], moments[7]}
        assert [row["id"] for row in rows.select(table, "at", [EDGES[0]])] == [written[0]["id"]]
        assert rows.load(table, [nothing["at"]]) == {nothing["at"]: nothing}


def test_the_types_of_actors_are_those_that_events_have() -> None:
    """Their places are stored, so a new one comes last."""
    assert get_args(get_type_hints(Actor)["type"]) == ACTOR_TYPES


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_unpacked_as_it_was_packed(text: str) -> None:
    packed = STATE.process_bind_param(text, None)  # type: ignore[arg-type]
    assert STATE.process_result_value(packed, None) == text  # type: ignore[arg-type]


def test_what_is_like_the_text_takes_few_bytes() -> None:
    packed = STATE.process_bind_param(LIKE.replace("SHOP-1001", "SHOP-7"), None)  # type: ignore[arg-type]
    assert packed is not None
    assert len(packed) < 60


def test_a_name_is_kept_once_and_found_by_its_number(read_models: ReadModels) -> None:
    kept = names.table("some_names")
    with read_models.writer.begin() as connection:
        kept.create(connection)
        rows = Rows(connection)
        for batch in (["a", "b"], ["b", "c"], []):
            names.keep(rows, kept, batch)
        assert names.of(connection, kept, map(names.number, "abcd")) == {names.number(name): name for name in "abc"}
        assert len(connection.execute(select(kept)).all()) == 3
