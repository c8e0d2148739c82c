"""Read models of things that are annotated: a row each with what is plain, their tags, and their private part.

A row belongs to the thing's own subject. What is personal lies apart and goes when its subject is erased.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, Table, Text, Uuid, select

from domain import annotations as common
from domain.events import Event, Recorded
from domain.personal import without_personal
from projections.projection import Delivery
from projections.rows import Instant, Row, Rows

Private = dict[str, Any]
Told = Callable[[Row, Recorded], Row]
Personal = Callable[[Event], Private]

PARTS = ("attributes", "external_ids", "files")
HIDDEN = ("subject", "files")

_encode = msgspec.json.Encoder(order="deterministic").encode


class Kept(NamedTuple):
    """The tables of a read model, all of them keyed by the column `id`, and the events of the things in it."""

    id: str
    rows: Table
    tags: Table
    private: Table
    events: tuple[type[Event], ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        return self.rows, self.tags, self.private

    @property
    def shown(self) -> list[Column[Any]]:
        return [column for column in self.rows.c if column.name not in HIDDEN]


def kept(name: str, id: str, columns: Sequence[Column[Any]], events: Sequence[type[Event]]) -> Kept:
    """The tables of things called `name` in the singular, with these columns of their own."""
    metadata = MetaData()
    rows = Table(
        f"{name}s",
        metadata,
        Column(id, Uuid, primary_key=True),
        Column("subject", Uuid, nullable=False),
        Column("position", BigInteger, nullable=False, index=True),
        Column("version", Integer, nullable=False),
        Column("owner", Text),
        Column("team", Text),
        Column("irregular", Integer, nullable=False),
        Column("last_activity_at", Instant, nullable=False),
        Column("files", Text, nullable=False),
        *columns,
    )
    tags = Table(f"{name}_tags", metadata, Column(id, Uuid, primary_key=True), Column("tag", Text, primary_key=True))
    Index(f"ix_{name}_tags_tag", tags.c.tag, tags.c[id])
    private = Table(
        f"{name}_private",
        metadata,
        Column(id, Uuid, primary_key=True),
        Column("subject", Uuid, nullable=False, index=True),
        Column("private", Text, nullable=False),
    )
    return Kept(id, rows, tags, private, tuple(events))


# How events change them


class _Thing:
    """One of the things, while a batch is folded."""

    def __init__(self, kept: Kept, row: Row | None, private: str | None, tags: Iterable[str]) -> None:
        self.row = row or dict.fromkeys(column.name for column in kept.rows.c) | {"irregular": 0, "files": "[]"}
        self.private: Private = msgspec.json.decode(private) if private else {}
        self.tags = set(tags)

    def fold(self, id: str, recorded: Recorded) -> None:
        told, event = recorded.metadata, recorded.event
        self.row |= {
            id: recorded.stream,
            "subject": told.subject,
            "position": recorded.position,
            "version": recorded.version,
            "irregular": self.row["irregular"] + len(told.irregular),
            "last_activity_at": max(self.row["last_activity_at"] or told.occurred_at, told.occurred_at),
        }
        match event:
            case common.Assigned():
                self.row |= {"owner": event.owner, "team": event.team}
            case common.Tagged():
                self.tags.update(event.tags)
            case common.Untagged():
                self.tags.difference_update(event.tags)
            case common.AttachmentAdded() | common.AttachmentRemoved():
                self._file(event)
            case _:
                self._note(event)

    def _file(self, event: common.AttachmentAdded | common.AttachmentRemoved) -> None:
        id = str(event.attachment.id if isinstance(event, common.AttachmentAdded) else event.attachment_id)
        files = [file for file in msgspec.json.decode(self.row["files"]) if file["id"] != id]
        named = self.private.setdefault("files", {})
        named.pop(id, None)
        if isinstance(event, common.AttachmentAdded):
            file = event.attachment
            files.append(msgspec.to_builtins(without_personal(file)))
            named[id] = {name: value for name in ("name", "url") if (value := getattr(file, name)) is not None}
        self.row["files"] = _encode(files).decode()

    def _note(self, event: Event) -> None:
        attributes, ids = self.private.setdefault("attributes", {}), self.private.setdefault("external_ids", [])
        match event:
            case common.AttributesSet():
                attributes |= {**event.numbers, **(event.texts or {})}
                self.private["attributes"] = {key: value for key, value in attributes.items() if value is not None}
            case common.ExternalIdLinked():
                self.private["external_ids"] = sorted([*ids, [event.system, event.id]], key=str)
            case common.ExternalIdUnlinked():
                self.private["external_ids"] = [one for one in ids if one != [event.system, event.id]]

    def told_of(self) -> str | None:
        """The private part as it is kept; None where there is nothing of it."""
        private = {name: value for name, value in self.private.items() if value}
        if files := {id: file for id, file in private.pop("files", {}).items() if file}:
            private["files"] = files
        return _encode(private).decode() if private else None


def fold(kept: Kept, batch: Sequence[Delivery], rows: Rows, told: Told, personal: Personal = lambda _: {}) -> None:
    """`told` is what an event changes in the thing's own columns, `personal` what it says for the private part."""
    things = _taken_up(kept, {d.recorded.stream for d in batch if _is_ours(kept, d)}, rows)
    tags = {id: set(thing.tags) for id, thing in things.items()}
    erased: set[UUID] = set()
    for delivery in batch:
        if _is_ours(kept, delivery):
            thing = things[delivery.recorded.stream]
            thing.fold(kept.id, delivery.recorded)
            thing.row |= told(thing.row, delivery.recorded)
            thing.private |= personal(delivery.recorded.event)
        if delivery.recorded.event.erases():
            erased |= delivery.here
            for thing in things.values():
                thing.private = {} if thing.row["subject"] in delivery.here else thing.private
    rows.save(kept.rows, [thing.row for thing in things.values()])
    _save_private(kept, rows, things, erased)
    changed = [id for id, thing in things.items() if thing.tags != tags[id]]
    rows.delete(kept.tags, kept.id, changed)
    rows.insert(kept.tags, [{kept.id: id, "tag": tag} for id in changed for tag in sorted(things[id].tags)])


def _is_ours(kept: Kept, delivery: Delivery) -> bool:
    return delivery.at_home and isinstance(delivery.recorded.event, kept.events)


def _taken_up(kept: Kept, ids: Collection[UUID], rows: Rows) -> dict[UUID, _Thing]:
    known, private = rows.load(kept.rows, ids), rows.load(kept.private, ids)
    tags: dict[UUID, list[str]] = {}
    for row in rows.select(kept.tags, kept.id, ids):
        tags.setdefault(row[kept.id], []).append(row["tag"])
    return {id: _Thing(kept, known.get(id), private[id]["private"] if id in private else None, tags.get(id, ())) for id in ids}


def _save_private(kept: Kept, rows: Rows, things: Mapping[UUID, _Thing], erased: Collection[UUID]) -> None:
    rows.delete(kept.private, "subject", erased)
    rows.delete(kept.private, kept.id, things.keys())
    told = {id: text for id, thing in things.items() if (text := thing.told_of()) is not None}
    rows.insert(
        kept.private, [{kept.id: id, "subject": things[id].row["subject"], "private": text} for id, text in told.items()]
    )


# How they are queried


def with_parts(connection: Connection, kept: Kept, found: Sequence[Row]) -> list[Row]:
    """The rows with their tags, and with their private part under `private`, None where there is nothing of it."""
    ids = [row[kept.id] for row in found]
    tags: dict[UUID, list[str]] = {}
    for row in connection.execute(select(kept.tags).where(kept.tags.c[kept.id].in_(ids))).mappings():
        tags.setdefault(row[kept.id], []).append(row["tag"])
    query = select(kept.private.c[kept.id], kept.private.c.private).where(kept.private.c[kept.id].in_(ids))
    private = {id: msgspec.json.decode(text) for id, text in connection.execute(query)}
    return [row | {"tags": sorted(tags.get(row[kept.id], ())), "private": private.get(row[kept.id])} for row in found]


def one(connection: Connection, kept: Kept, id: UUID) -> Row | None:
    """One of them, with its attachments too."""
    found = connection.execute(select(kept.rows).where(kept.rows.c[kept.id] == id)).mappings().first()
    if found is None:
        return None
    [row] = with_parts(connection, kept, [{name: value for name, value in found.items() if name not in HIDDEN}])
    return row | {"attachments": msgspec.json.decode(found["files"])}
