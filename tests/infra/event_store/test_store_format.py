"""A store of another format is refused by name, before anything in it is read or changed, on either engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.event_store.store_format import OtherFormat
from tests.commands.event_stores import opened
from tests.infra.recount import environment, recount

# What Recount 0.1.0 made at the first start, as far as this version looks at it.
OF_0_1_0 = (
    "CREATE TABLE stored_events (originator_id TEXT, originator_version BIGINT, topic TEXT, state TEXT)",
    "CREATE TABLE receipts (scope TEXT, key TEXT, position BIGINT, PRIMARY KEY (scope, key))",
    "CREATE TABLE markers (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "INSERT INTO markers VALUES ('master key', 'a fingerprint')",
    "INSERT INTO stored_events VALUES ('a', 1, 'crm.customer.registered.v1', '{}')",
)


def execute(where: str, *statements: str) -> None:
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as connection:
            for statement in statements:
                connection.execute(statement.encode())
    else:
        with closing(sqlite3.connect(where)) as file, file:
            for statement in statements:
                file.execute(statement)


def everything(where: str) -> dict[str, Sequence[Any]]:
    """All rows of all tables."""
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            return {name: connection.execute(f"SELECT * FROM {name}".encode()).fetchall() for (name,) in names}
    with closing(sqlite3.connect(where)) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: file.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names}


def test_a_store_of_0_1_0_is_refused_by_name_and_stays_as_it_is(new_place: str) -> None:
    execute(new_place, *OF_0_1_0)
    before = everything(new_place)
    with pytest.raises(OtherFormat, match=r"format 1, which Recount 0\.1\.0 wrote; this version needs format 4"):
        opened(new_place)
    assert everything(new_place) == before


def test_a_log_without_our_tables_is_refused_too(new_place: str) -> None:
    execute(new_place, OF_0_1_0[0])
    with pytest.raises(OtherFormat):
        opened(new_place)
    assert everything(new_place).keys() == {"stored_events"}


def test_a_store_of_a_later_version_is_refused_by_name(new_place: str) -> None:
    opened(new_place).close()
    later = "'\\x35'::bytea" if new_place.startswith("postgresql://") else "x'35'"
    execute(new_place, f"UPDATE markers SET value = {later} WHERE name = 'format'")
    before = everything(new_place)
    with pytest.raises(OtherFormat, match="format 5, which another version of Recount wrote; this version needs format 4"):
        opened(new_place)
    assert everything(new_place) == before


@pytest.mark.parametrize("command", [("serve",), ("status",), ("rebuild", "customer_view", "--check")])
def test_each_command_of_the_embedded_deployment_refuses_it_in_one_line(tmp_path: Path, command: Sequence[str]) -> None:
    (tmp_path / "events.db").touch(mode=0o600)
    execute(str(tmp_path / "events.db"), *OF_0_1_0)
    ran = recount(environment(tmp_path), *command)
    assert ran.status == 2
    assert "RECOUNT_DATABASE_URL or RECOUNT_HOME: the event store has format 1" in ran.errors
    assert len(ran.errors.strip().splitlines()) == 1


@pytest.mark.servers
@pytest.mark.parametrize("command", ["relay", "project", "follow"])
def test_each_command_of_the_distributed_deployment_refuses_it_in_one_line(
    tmp_path: Path, database_url: str, command: str
) -> None:
    execute(database_url, *OF_0_1_0)
    ran = recount(environment(tmp_path, DATABASE_URL=database_url, KAFKA="127.0.0.1:1"), command)
    assert ran.status == 2
    assert "RECOUNT_DATABASE_URL or RECOUNT_HOME: the event store has format 1" in ran.errors
    assert len(ran.errors.strip().splitlines()) == 1
