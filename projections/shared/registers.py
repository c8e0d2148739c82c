"""Registers: a row for each aggregate, changed by each of its own events; what a deployment is set up with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Integer, Table, Text, Uuid

from domain.shared.events import Event, Recorded
from projections.shared import tables
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.rows import Instant, Row, Rows

Told = Callable[[Row, Recorded], Row]
"""The columns that an event changes, of the row before it, which is empty at first."""

encode = msgspec.json.Encoder(order="deterministic").encode


def register(table: Table, version: int, events: Sequence[type[Event]], told: Told, name: str | None = None) -> Projection:
    """The read model of one table, called like it where it has no `name` of its own."""

    def apply(batch: Sequence[Delivery], rows: Rows) -> None:
        fold(table, own(batch, events), told, rows)

    return Projection(name or str(table.name), version, (table,), apply, types(*events))


def fold(table: Table, mine: Sequence[Recorded], told: Told, rows: Rows) -> None:
    known, [key] = rows.load(table, {recorded.stream for recorded in mine}), table.primary_key
    versioned = "version" in table.c
    for recorded in mine:
        row = known.get(recorded.stream, {})
        changed = told(row, recorded) | {key.name: recorded.stream, "position": recorded.position}
        known[recorded.stream] = row | changed | ({"version": recorded.version} if versioned else {})
    rows.save(table, list(known.values()))


# What is in force since it was said

HEAD = ("version", "position", "code", "since", "retired_at")


def versions(name: str, key: str, text: Column[Any]) -> Table:
    """All that each ever said."""
    return tables.table(
        name,
        Column(key, Uuid, primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("code", Text, nullable=False),
        Column("since", Instant, nullable=False),
        text,
    )


def said(
    table: Table, kept: Table | None, column: str, of: Callable[[Event], str | None], mine: Sequence[Recorded], rows: Rows
) -> None:
    """Fold what each says under its `code`: the last by when it was said is in force. None ends it; the text then stays."""
    [key] = table.primary_key
    every: list[Row] = []

    def told(before: Row, recorded: Recorded) -> Row:
        text, since = of(recorded.event), recorded.metadata.occurred_at
        head = {"code": getattr(recorded.event, "code", None) or before["code"], "since": since}
        every.append(head | {key.name: recorded.stream, "version": recorded.version, column: text})
        if before and since < before["since"]:
            return {}
        ended = {"retired_at": since if text is None else None} if "retired_at" in table.c else {}
        return head | ended | ({} if text is None else {column: text})

    fold(table, mine, told, rows)
    if kept is not None:
        rows.insert(kept, every)


def opened(decode: Callable[[str], msgspec.Struct], column: str, row: Mapping[str, Any]) -> Row:
    """The row with the parts of the struct in its column in that one's place."""
    plain: Row = {name: row[name] for name in (next(iter(row)), *HEAD) if name in row}
    parts = decode(row[column])
    return plain | {name: msgspec.to_builtins(getattr(parts, name)) for name in parts.__struct_fields__}
