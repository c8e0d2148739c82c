"""A report on a few days reads the rows of these days through indexes, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, event, select

from infra.read_models.digest import one_moment
from projections.customers import feedback_report
from projections.customers.feedback import tables as feedback
from projections.service import service_level_report
from projections.service.ticket_columns import opened_within
from projections.service.ticket_times import measured_tickets
from tests.benchmarks.reports.measuring import fill
from tests.benchmarks.reports.one import opened
from tests.benchmarks.reports.service import PART

DAYS: dict[str, Any] = {"from_": date(2024, 3, 1), "to": date(2024, 3, 8), "zone": UTC}


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    on_sqlite = request.param == "sqlite"
    database = str(tmp_path / "read-models.db") if on_sqlite else request.getfixturevalue("database_url")
    fill(database, PART, 5_000)
    read_models = opened(database)
    with one_moment(read_models) as connection:
        yield connection
    read_models.close()


def plan(connection: Connection, query: Select[tuple[int]]) -> str:
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"

    @event.listens_for(connection, "before_cursor_execute", retval=True)
    def explained(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        return f"{explain} {statement}", parameters

    return "\n".join(str(row) for row in connection.execute(query))


def test_tickets_of_a_week_are_found_through_both_indexes(connection: Connection) -> None:
    question = service_level_report.Question(**DAYS)
    found = plan(connection, select(measured_tickets.c.position).where(*opened_within(question)))
    for index in ("ix_ticket_times_opened", "ix_ticket_times_opened_on"):
        assert index in found, found


def test_feedback_of_a_week_is_found_through_all_indexes(connection: Connection) -> None:
    question = feedback_report.Question(**DAYS)
    found = plan(connection, select(feedback.rows.c.position).where(*feedback_report.asked_days(question)))
    for name in ("submitted_at", "submitted_on", "requested_at", "requested_on"):
        assert f"ix_feedback_{name}" in found, found
