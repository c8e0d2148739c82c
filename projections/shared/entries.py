"""Entries: one row per annotated aggregate, with its tags and attachments; personal data in a separate table.

A row belongs to the subject of the aggregate's stream. Its personal data is deleted when that subject is erased.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Column, Integer, Table, Text, Uuid, select

from domain.shared.events import Event, Recorded
from projections.customers.merging import of_customer, same_customer
from projections.shared import tables
from projections.shared.entry import Entry, annotate
from projections.shared.lists import Listing, Rule, Show, Sort, Wanted, among
from projections.shared.private import personal, save_personal, with_personal
from projections.shared.projection import Delivery, Projection, own, progress, types
from projections.shared.rows import Row, Rows

_encode = msgspec.json.Encoder(order="deterministic").encode


class Entries(NamedTuple):
    """The tables of one kind of entry. `about` has the references to other aggregates, for kinds that have such references.

    `searched` has the personal value that lists filter by, for kinds that have one. It is in `private` too.
    """

    rows: Table
    tags: Table
    private: Table
    about: Table | None = None
    searched: Table | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for table in self if table is not None)

    @property
    def key(self) -> Column[Any]:
        return self.rows.c[next(iter(self.rows.primary_key)).name]

    def listing(
        self, wanted: type[Wanted], sort: Sort, *, show: Show = dict, rules: Mapping[str, Rule] = {}
    ) -> Listing[Wanted, Sort]:
        """The entries with their lists, latest first, and their personal data under `private`.

        In addition to the fields of `rules` a filter may have a `tag`, the id that an entry is `about`, and a `customer_id`,
        which also matches the entries of everyone merged into that customer.
        """
        shared_rules = {"tag": among(self.tags, self.key), "customer_id": of_customer(self.rows.c.customer_id)}
        if (about := self.about) is not None:
            ids = about.c[self.key.name], about.c.id
            shared_rules["about"] = lambda other: self.key.in_(select(ids[0]).where(ids[1].in_(same_customer(other))))
        if self.searched is not None:
            owner, _, text = self.searched.c
            shared_rules[text.name] = lambda wanted: self.key.in_(select(owner).where(text == wanted))
        query = with_personal(self.rows, self.private)
        return Listing(
            self.rows,
            wanted,
            sort,
            descending=True,
            query=query,
            show=lambda row: show(_opened(row)),
            rules=shared_rules | dict(rules),
        )

    def projection(
        self,
        version: int,
        events: Sequence[type[Event]],
        fold: Callable[[Entry, Recorded], None],
        *erasures: type[Event],
        **lists: list[Any],
    ) -> Projection:
        """The read model that folds the entry's own events and the events that erase its subject.

        `lists` are further lists of the entry, by name, with their initial values.
        """
        apply = partial(apply_to, self, events, fold, lists=lists)
        return Projection(str(self.rows.name), version, self.tables, apply, types(*events, *erasures))


LISTS: Mapping[str, list[Any]] = {"tags": [], "attachments": []}


def entries(thing: str, things: str, *columns: Column[Any], about: bool = False, searched: str | None = None) -> Entries:
    """The tables of a kind of entry; `columns` are its own columns, which hold no personal data.

    `searched` is the name of the personal value that lists filter by.
    """
    key = f"{thing}_id"
    return Entries(
        rows=tables.aggregates(
            things,
            key,
            *columns,
            *tables.columns(Text, "owner", "team"),
            Column("irregular", Integer, nullable=False),
            *tables.columns(Text, "lists", "attributes", nullable=False),
            subject=True,
            by_position=True,
        ),
        tags=tables.several(thing, "tag"),
        private=personal(f"{thing}_private", key),
        about=_about(thing, key) if about else None,
        searched=personal(f"{thing}_{searched}", key, searched, searched=True) if searched else None,
    )


def _about(thing: str, key: str) -> Table:
    return tables.table(
        f"{thing}_about",
        Column(key, Uuid, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("id", Uuid, primary_key=True, index=True),
    )


# How events change the entries


def apply_to(
    kept: Entries,
    events: Sequence[type[Event]],
    fold: Callable[[Entry, Recorded], None],
    batch: Sequence[Delivery],
    rows: Rows,
    lists: Mapping[str, list[Any]] = {},
) -> None:
    """Fold the batch's events of these kinds: `annotate` folds annotations, `fold` folds all other events."""
    kinds = tuple(events)
    ids = {recorded.stream for recorded in own(batch, events)}
    known, private = rows.load(kept.rows, ids), rows.load(kept.private, ids)
    started = {**LISTS, **({} if kept.about is None else {"about": []}), **lists}
    made = {id: _loaded(kept, id, known.get(id), private.get(id), started) for id in ids}
    before = {id: dict(entry.lists) for id, entry in made.items()}
    erased: set[UUID] = set()
    for delivery in batch:
        recorded = delivery.recorded
        if delivery.at_home and isinstance(recorded.event, kinds):
            _fold(made[recorded.stream], recorded, fold)
        if recorded.event.erases():
            erased |= delivery.here
            for entry in made.values():
                if entry.row["subject"] in delivery.here:
                    entry.private = {}
    _save(kept, rows, made, erased, private.keys())
    _save_lists(kept, rows, made, before)


def _loaded(kept: Entries, id: UUID, row: Row | None, private: Row | None, lists: Mapping[str, list[Any]]) -> Entry:
    if row is None:
        empty: Row = dict.fromkeys(column.name for column in kept.rows.c)
        return Entry(empty | {kept.key.name: id, "irregular": 0}, {name: list(of) for name, of in lists.items()}, {})
    return Entry(row, msgspec.json.decode(row["lists"]), msgspec.json.decode(private["private"]) if private else {})


def _fold(entry: Entry, recorded: Recorded, fold: Callable[[Entry, Recorded], None]) -> None:
    entry.row |= progress(entry.row, recorded) | {"subject": recorded.metadata.subject}
    annotate(entry, recorded.event)
    fold(entry, recorded)


def _save(kept: Entries, rows: Rows, made: Mapping[UUID, Entry], erased: Collection[UUID], known: Collection[UUID]) -> None:
    rows.save(kept.rows, [entry.row | _written(entry) for entry in made.values()])
    texts = {id: _encode(entry.private).decode() if entry.private else None for id, entry in made.items()}
    subjects = {id: entry.row["subject"] for id, entry in made.items()}
    save_personal(rows, kept.private, erased, texts, subjects, known)
    if kept.searched is not None:
        name = kept.searched.columns.keys()[-1]
        save_personal(rows, kept.searched, erased, {id: entry.private.get(name) for id, entry in made.items()}, subjects, known)


def _written(entry: Entry) -> Row:
    return {"lists": _encode(entry.lists).decode(), "attributes": _encode(entry.attributes).decode()}


def _save_lists(kept: Entries, rows: Rows, made: Mapping[UUID, Entry], before: Mapping[UUID, Mapping[str, list[Any]]]) -> None:
    """Write the tags and the `about` references that changed. Each has a row of its own, so that lists can filter by it."""

    def replace(table: Table, name: str, row: Callable[[Any], Row]) -> None:
        changed = [id for id, entry in made.items() if entry.lists[name] != before[id][name]]
        fresh = [{kept.key.name: id, **row(one)} for id in changed for one in made[id].lists[name]]
        rows.replace(table, kept.key.name, changed, fresh)

    replace(kept.tags, "tags", lambda tag: {"tag": tag})
    if kept.about is not None:
        replace(kept.about, "about", lambda other: {"kind": other["kind"], "id": UUID(other["id"])})


# How entries are shown


def _opened(row: Row) -> Row:
    lists, private = msgspec.json.decode(row.pop("lists")), row.pop("private")
    attributes = msgspec.json.decode(row.pop("attributes"))
    shown: Row = {**row, **lists, "attributes": attributes, "private": private and msgspec.json.decode(private)}
    return shown
