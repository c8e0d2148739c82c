"""The tables of every read model, pinned for `test_versions`. `python -m tests.projections.pin_read_models` pins them.

Recount never alters a table that exists: it rebuilds the read model when its `version` has risen. So a read model whose tables
changed is pinned only if its version rose too. What changed on SQLite alone may also come with the next form of its file: then
all read models begin again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Dialect, Table, create_engine, make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from infra.read_models.sqlite_form import FORM
from infra.wiring import PROJECTIONS
from projections.shared.choices import Choice
from projections.shared.packed import Packed
from projections.shared.raw_ids import store_raw_ids

PINNED = Path(__file__).parents[1] / "data" / "read_models.json"

Pins = Mapping[str, Mapping[str, Any]]


def pins() -> Pins:
    """The version of every read model, and digests of what its tables are on each engine; with the form of SQLite's file."""
    return {
        one.name: {
            "version": one.version,
            "tables": digest(one.tables, postgres()),
            "sqlite": {"form": FORM, "tables": digest(one.tables, sqlite())},
        }
        for one in PROJECTIONS
    }


def digest(tables: Iterable[Table], dialect: Dialect) -> str:
    """Of the statements that create the tables, and of how values are stored in them."""
    made: list[CreateTable | CreateIndex] = [CreateTable(table) for table in tables]
    made += [CreateIndex(index) for table in tables for index in sorted(table.indexes, key=lambda index: str(index.name))]
    statements = "".join(str(one.compile(dialect=dialect)) for one in made)
    stored = (stored_by(column) for table in tables for column in table.c)
    return hashlib.sha256("".join((statements, *stored)).encode()).hexdigest()[:16]


def stored_by(column: Column[Any]) -> str:
    """What decides how values of the column are stored, besides its type in the database."""
    match column.type:
        case Choice():
            return f"{column} {column.type.texts}"
        case Packed():
            return f"{column} {column.type.like}"
    return ""


def postgres() -> Dialect:
    return make_url("postgresql+psycopg://").get_dialect()()


def sqlite() -> Dialect:
    engine = create_engine("sqlite://")
    store_raw_ids(engine)
    return engine.dialect


def changed(known: Pins, now: Pins) -> list[str]:
    """The read models whose tables changed and whose version stayed the same."""
    same = [name for name in known if name in now and known[name]["version"] == now[name]["version"]]
    return [name for name in same if known[name]["tables"] != now[name]["tables"] or _changed_on_sqlite(known[name], now[name])]


def _changed_on_sqlite(known: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    before, after = known.get("sqlite", {}), now.get("sqlite", {})
    return bool(before != after and before.get("form") == after.get("form"))


if __name__ == "__main__":
    if unversioned := changed(json.loads(PINNED.read_text()) if PINNED.exists() else {}, pins()):
        raise SystemExit(f"raise the version of these read models: {', '.join(unversioned)}")
    PINNED.write_text(json.dumps(pins(), indent=1, sort_keys=True) + "\n")
