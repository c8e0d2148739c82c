"""Entries: a row a thing that is annotated, with its tags and attachments, and apart what is personal.

A row belongs to the subject of the thing's stream. What is personal goes when that subject is erased.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    select,
)

from domain.shared.events import Event, Recorded
from projections.customers.merging import same_customer
from projections.shared.entry import Entry, annotate
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery
from projections.shared.rows import Row, Rows

_encode = msgspec.json.Encoder(order="deterministic").encode


class Entries(NamedTuple):
    """The tables of one kind of thing; `about` is there where it says what it is about."""

    rows: Table
    tags: Table
    private: Table
    about: Table | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for table in self if table is not None)

    @property
    def key(self) -> Column[Any]:
        return self.rows.c[next(iter(self.rows.primary_key)).name]


LISTS: Mapping[str, list[Any]] = {"tags": [], "attachments": []}


def entries(thing: str, things: str, *columns: Column[Any], about: bool = False) -> Entries:
    """The tables of a kind of thing: `columns` are its own, which are plain."""
    key, metadata = f"{thing}_id", MetaData()
    made = Entries(
        rows=Table(
            things,
            metadata,
            Column(key, Uuid, primary_key=True),
            Column("subject", Uuid, nullable=False),
            Column("position", BigInteger, nullable=False, index=True),
            Column("version", Integer, nullable=False),
            *columns,
            Column("owner", Text),
            Column("team", Text),
            Column("irregular", Integer, nullable=False),
            Column("lists", Text, nullable=False),
            Column("attributes", Text, nullable=False),
        ),
        tags=Table(
            f"{thing}_tags",
            metadata,
            Column(key, Uuid, primary_key=True),
            Column("tag", Text, primary_key=True),
        ),
        private=Table(
            f"{thing}_private",
            metadata,
            Column(key, Uuid, primary_key=True),
            Column("subject", Uuid, nullable=False, index=True),
            Column("private", Text, nullable=False),
        ),
        about=_about(metadata, thing, key) if about else None,
    )
    Index(f"ix_{thing}_tags_tag", made.tags.c.tag, made.tags.c[key])
    return made


def _about(metadata: MetaData, thing: str, key: str) -> Table:
    return Table(
        f"{thing}_about",
        metadata,
        Column(key, Uuid, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("id", Uuid, primary_key=True, index=True),
    )


# How events change them


def apply_to(
    tables: Entries,
    events: tuple[type[Event], ...],
    fold: Callable[[Entry, Recorded], None],
    batch: Sequence[Delivery],
    rows: Rows,
    **lists: list[Any],
) -> None:
    """Fold the batch's own events by `fold`, and what is common by itself; `lists` are those that the thing has beside."""
    ours = [delivery for delivery in batch if delivery.at_home and isinstance(delivery.recorded.event, events)]
    ids = {delivery.recorded.stream for delivery in ours}
    known, private = rows.load(tables.rows, ids), rows.load(tables.private, ids)
    started = {**LISTS, **({} if tables.about is None else {"about": []}), **lists}
    made = {id: _taken_up(tables, id, known.get(id), private.get(id), started) for id in ids}
    before = {id: dict(entry.lists) for id, entry in made.items()}
    erased: set[UUID] = set()
    for delivery in batch:
        recorded = delivery.recorded
        if delivery.at_home and isinstance(recorded.event, events):
            _fold(made[recorded.stream], recorded, fold)
        if recorded.event.erases():
            erased |= delivery.here
            for entry in made.values():
                if entry.row["subject"] in delivery.here:
                    entry.private = {}
    _save(tables, rows, made, erased)
    _save_lists(tables, rows, made, before)


def _taken_up(tables: Entries, id: UUID, row: Row | None, private: Row | None, lists: Mapping[str, list[Any]]) -> Entry:
    if row is None:
        empty: Row = dict.fromkeys(column.name for column in tables.rows.c)
        return Entry(empty | {tables.key.name: id, "irregular": 0}, {name: list(of) for name, of in lists.items()}, {})
    return Entry(row, msgspec.json.decode(row["lists"]), msgspec.json.decode(private["private"]) if private else {})


def _fold(entry: Entry, recorded: Recorded, fold: Callable[[Entry, Recorded], None]) -> None:
    entry.row |= {
        "subject": recorded.metadata.subject,
        "position": recorded.position,
        "version": recorded.version,
        "irregular": entry.row["irregular"] + len(recorded.metadata.irregular),
    }
    annotate(entry, recorded.event)
    fold(entry, recorded)


def _save(tables: Entries, rows: Rows, made: Mapping[UUID, Entry], erased: Collection[UUID]) -> None:
    rows.save(tables.rows, [entry.row | _written(entry) for entry in made.values()])
    rows.delete(tables.private, "subject", erased)
    rows.remove(tables.private, [id for id, entry in made.items() if not entry.private])
    rows.save(
        tables.private,
        [
            {tables.key.name: id, "subject": entry.row["subject"], "private": _encode(entry.private).decode()}
            for id, entry in made.items()
            if entry.private
        ],
    )


def _written(entry: Entry) -> Row:
    return {"lists": _encode(entry.lists).decode(), "attributes": _encode(entry.attributes).decode()}


def _save_lists(
    tables: Entries, rows: Rows, made: Mapping[UUID, Entry], before: Mapping[UUID, Mapping[str, list[Any]]]
) -> None:
    """What a list is filtered by stands in rows of its own, written where it changed."""

    def replace(table: Table, name: str, row: Callable[[Any], Row]) -> None:
        changed = [id for id, entry in made.items() if entry.lists[name] != before[id][name]]
        rows.delete(table, tables.key.name, changed)
        rows.insert(table, [{tables.key.name: id, **row(one)} for id in changed for one in made[id].lists[name]])

    replace(tables.tags, "tags", lambda tag: {"tag": tag})
    if tables.about is not None:
        replace(tables.about, "about", lambda other: {"kind": other["kind"], "id": UUID(other["id"])})


# How they are queried


def get(connection: Connection, tables: Entries, id: UUID) -> Row | None:
    """The thing with its lists, and what is personal under `private`."""
    row = connection.execute(_shown(tables).where(tables.key == id)).mappings().first()
    return None if row is None else _opened(dict(row))


def listing(
    connection: Connection,
    tables: Entries,
    conditions: Sequence[ColumnElement[bool]],
    *,
    sort: str,
    descending: bool,
    limit: int,
    cursor: str | None,
) -> Page:
    """Things that meet all conditions, as `get` has them. Raises MalformedCursor."""
    order = Order(tables.rows.c[sort], tables.key, descending)
    found = page(connection, _shown(tables).where(*conditions), order, limit, cursor)
    return found._replace(rows=[_opened(row) for row in found.rows])


def equal(tables: Entries, wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """Columns have these values; None asks for any. A `tag` is among the tags, the id `about` among what it is about.

    Of a customer are also those of everyone merged into them.
    """
    conditions: list[ColumnElement[bool]] = []
    for name, value in wanted.items():
        if value is not None and name == "tag":
            conditions.append(tables.key.in_(select(next(iter(tables.tags.c))).where(tables.tags.c.tag == value)))
        elif value is not None and name == "about" and tables.about is not None:
            conditions.append(
                tables.key.in_(select(next(iter(tables.about.c))).where(tables.about.c.id.in_(same_customer(value))))
            )
        elif value is not None and name == "customer_id":
            conditions.append(tables.rows.c[name].in_(same_customer(value)))
        elif value is not None:
            conditions.append(tables.rows.c[name] == value)
    return conditions


def _shown(tables: Entries) -> Select[Any]:
    private = tables.private.c
    columns = [column for column in tables.rows.c if column.name != "subject"]
    joined = tables.rows.outerjoin(tables.private, private[tables.key.name] == tables.key)
    return select(*columns, private.private).select_from(joined)


def _opened(row: Row) -> Row:
    lists, private = msgspec.json.decode(row.pop("lists")), row.pop("private")
    attributes = msgspec.json.decode(row.pop("attributes"))
    shown: Row = {**row, **lists, "attributes": attributes, "private": private and msgspec.json.decode(private)}
    return shown
