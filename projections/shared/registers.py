"""Registers: read models with one row per aggregate, changed by each of its events; for the configuration of a deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Integer, Table, Text, Uuid

from domain.shared.events import Event, Recorded
from projections.shared import tables
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.rows import Instant, Row, Rows

Changes = Callable[[Row, Recorded], Row]
"""The columns that an event changes, given the row before it; that row is empty before the first event."""

encode = msgspec.json.Encoder(order="deterministic").encode


def register(
    table: Table, version: int, events: Sequence[type[Event]], changes: Changes, name: str | None = None
) -> Projection:
    """The read model of one table; without a `name` it has the table's name."""

    def apply(batch: Sequence[Delivery], rows: Rows) -> None:
        fold(table, own(batch, events), changes, rows)

    return Projection(name or str(table.name), version, (table,), apply, types(*events))


def fold(table: Table, mine: Sequence[Recorded], changes: Changes, rows: Rows) -> None:
    known, [key] = rows.load(table, {recorded.stream for recorded in mine}), table.primary_key
    versioned = "version" in table.c
    for recorded in mine:
        row = known.get(recorded.stream, {})
        changed = changes(row, recorded) | {key.name: recorded.stream, "position": recorded.position}
        known[recorded.stream] = row | changed | ({"version": recorded.version} if versioned else {})
    rows.save(table, list(known.values()))


# Configuration that is in force from the time of its event on

HEAD = ("version", "position", "code", "since", "retired_at")


def versions(name: str, key: str, text: Column[Any]) -> Table:
    """Every version of each aggregate's text, by the version of its event."""
    return tables.table(
        name,
        Column(key, Uuid, primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("code", Text, nullable=False),
        Column("since", Instant, nullable=False),
        text,
    )


def fold_versions(
    table: Table, kept: Table | None, column: str, of: Callable[[Event], str | None], mine: Sequence[Recorded], rows: Rows
) -> None:
    """Fold the text that each event sets for its aggregate's `code`; the text with the latest `occurred_at` is in force.

    A text of None retires the aggregate; its row keeps the last text. `kept` is the table of all versions, if there is one.
    """
    [key] = table.primary_key
    every: list[Row] = []

    def changes(before: Row, recorded: Recorded) -> Row:
        text, since = of(recorded.event), recorded.metadata.occurred_at
        head = {"code": getattr(recorded.event, "code", None) or before["code"], "since": since}
        every.append(head | {key.name: recorded.stream, "version": recorded.version, column: text})
        if before and since < before["since"]:
            return {}
        ended = {"retired_at": since if text is None else None} if "retired_at" in table.c else {}
        return head | ended | ({} if text is None else {column: text})

    fold(table, mine, changes, rows)
    if kept is not None:
        rows.insert(kept, every)


def opened(decode: Callable[[str], msgspec.Struct], column: str, row: Mapping[str, Any]) -> Row:
    """The row for people: the fields of the struct encoded in `column` replace that column."""
    plain: Row = {name: row[name] for name in (next(iter(row)), *HEAD) if name in row}
    parts = decode(row[column])
    return plain | {name: msgspec.to_builtins(getattr(parts, name)) for name in parts.__struct_fields__}
