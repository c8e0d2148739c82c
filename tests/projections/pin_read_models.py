"""The tables of every read model, pinned for `test_versions`. `python -m tests.projections.pin_read_models` pins them.

Recount never alters a table that exists: it rebuilds the read model when its `version` has risen. So a read model whose tables
changed is pinned only if its version rose too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Table, make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from infra.wiring import PROJECTIONS

PINNED = Path(__file__).parents[1] / "data" / "read_models.json"

Pins = Mapping[str, Mapping[str, Any]]


def pins() -> Pins:
    """The version of every read model, and a digest of the statements that create its tables."""
    return {one.name: {"version": one.version, "tables": digest(one.tables)} for one in PROJECTIONS}


def digest(tables: Iterable[Table]) -> str:
    made: list[CreateTable | CreateIndex] = [CreateTable(table) for table in tables]
    made += [CreateIndex(index) for table in tables for index in sorted(table.indexes, key=lambda index: str(index.name))]
    dialect = make_url("postgresql+psycopg://").get_dialect()()
    statements = "".join(str(one.compile(dialect=dialect)) for one in made)
    return hashlib.sha256(statements.encode()).hexdigest()[:16]


def changed(known: Pins, now: Pins) -> list[str]:
    """The read models whose tables changed and whose version stayed the same."""
    same = [name for name in known if name in now and known[name]["version"] == now[name]["version"]]
    return [name for name in same if known[name] != now[name]]


if __name__ == "__main__":
    if unversioned := changed(json.loads(PINNED.read_text()) if PINNED.exists() else {}, pins()):
        raise SystemExit(f"raise the version of these read models: {', '.join(unversioned)}")
    PINNED.write_text(json.dumps(pins(), indent=1, sort_keys=True) + "\n")
