"""Books: one row per aggregate, with its whole state between batches; tags and personal data are in tables of their own.

A row belongs to the subject of the aggregate's stream. Its personal data is deleted when that subject is erased.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Table, Text, select
from sqlalchemy.types import TypeEngine

from domain.shared.events import Event, Recorded
from projections.customers.merging import of_customer
from projections.shared import tables
from projections.shared.lists import Listing, Rule, Show, Sort, Wanted, among
from projections.shared.private import personal, save_personal
from projections.shared.projection import Delivery, Projection, own, progress, types
from projections.shared.rows import Row, Rows


class Book(Protocol):
    """An aggregate's state, folded from its own events."""

    tags: set[str]

    def fold(self, recorded: Recorded) -> None: ...

    def forget(self) -> None:
        """Drop all personal data."""

    def private(self) -> str | None:
        """The personal data, or None if there is none."""


B = TypeVar("B", bound=Book)

TEXT = Text()
_encode = msgspec.json.Encoder(order="deterministic").encode


class BookTables(NamedTuple):
    """The tables of one kind of book. The key of each is the aggregate's id, under the same name in all three."""

    rows: Table
    tags: Table
    private: Table

    @property
    def key(self) -> str:
        return str(next(iter(self.rows.primary_key)).name)

    def projection(
        self,
        version: int,
        events: Sequence[type[Event]],
        load: Callable[[UUID, str | None, str | None], B],
        from_event: Callable[[Recorded, Row | None], Row],
        from_book: Callable[[B], Row],
        *erasures: type[Event],
    ) -> Projection:
        """The read model that folds the books' own events and the events that erase their subject."""
        apply = partial(apply_to, self, events, load, from_event, from_book)
        return Projection(str(self.rows.name), version, self, apply, types(*events, *erasures))


def book_tables(thing: str, things: str, *columns: Column[Any], state: TypeEngine[Any] = TEXT) -> BookTables:
    """The tables of a kind of book; `columns` show its current state, in addition to the column with the whole state.

    The column `listed` has those details that lists show too, as JSON. `state` is the type of the column with the whole state.
    """
    key = f"{thing}_id"
    whole = (Column("state", state, nullable=False), Column("listed", Text, nullable=False))
    return BookTables(
        rows=tables.aggregates(things, key, *columns, *whole, subject=True, by_position=True),
        tags=tables.several(thing, "tag"),
        private=personal(f"{thing}_private", key),
    )


class BookListing(Listing[Wanted, Sort]):
    """Queries on the books of one kind: single books with their `details` and personal data, and lists with a part of both.

    Lists show the details in the column `listed`, and the personal data that `brief` finds in the text of all of it. A filter
    may have a `tag` and a `customer_id`, which also matches the books of everyone merged into that customer.
    """

    def __init__(
        self,
        kept: BookTables,
        wanted: type[Wanted],
        sort: Sort,
        details: Callable[[UUID, str, str | None], Row],
        *,
        show: Show = dict,
        brief: Callable[[str], Any] = msgspec.json.decode,
        rules: Mapping[str, Rule] = {},
    ) -> None:
        rows, key = kept.rows, kept.rows.c[kept.key]
        query = select(*(column for column in rows.c if column.name not in ("state", "subject")))
        shared_rules = {"tag": among(kept.tags, key), "customer_id": of_customer(rows.c.customer_id)}
        super().__init__(rows, wanted, sort, descending=True, query=query, show=show, rules=shared_rules | dict(rules))
        self._kept, self._details, self._brief = kept, details, brief

    def first(self, connection: Connection, condition: ColumnElement[bool], show: Show | None = None) -> Row | None:
        row = connection.execute(select(self.table).where(condition)).mappings().first()
        if row is None:
            return None
        id, private = row[self._kept.key], self._kept.private.c
        text = connection.execute(select(private.private).where(private[self._kept.key] == id)).scalar()
        summary = {name: row[name] for name in self.query.selected_columns.keys() if name != "listed"}  # noqa: SIM118
        details = self._details(id, row["state"], text)
        return (show or self.show)(summary) | details | {"private": msgspec.json.decode(text) if text else None}

    def shown(self, connection: Connection, rows: list[Row], show: Show) -> list[Row]:
        """The rows with their tags and personal data. One query reads the tags of all rows, another one their personal data."""
        ids = [row[self._kept.key] for row in rows]
        tags: dict[UUID, list[str]] = {}
        for id, tag in _of(connection, self._kept.tags, ids, "tag"):
            tags.setdefault(id, []).append(tag)
        texts = dict(_of(connection, self._kept.private, ids, "private"))
        return [self._listed(row, sorted(tags.get(id, [])), texts.get(id), show) for id, row in zip(ids, rows, strict=True)]

    def _listed(self, row: Row, tags: list[str], text: str | None, show: Show) -> Row:
        listed: Row = msgspec.json.decode(row.pop("listed"))
        private = msgspec.to_builtins(self._brief(text)) if text else None
        return show(row) | {"tags": tags} | listed | {"private": private or None}


def _of(connection: Connection, table: Table, ids: Sequence[UUID], name: str) -> Iterable[tuple[UUID, Any]]:
    """The ids that have a row in the table, each with the value of this column."""
    [owner, *_] = table.primary_key
    return ((id, value) for id, value in connection.execute(select(owner, table.c[name]).where(owner.in_(ids))))


def dumped(listed: Row) -> str:
    """The value of the column `listed`."""
    return _encode(listed).decode()


def apply_to(
    kept: BookTables,
    events: Sequence[type[Event]],
    load: Callable[[UUID, str | None, str | None], B],
    from_event: Callable[[Recorded, Row | None], Row],
    from_book: Callable[[B], Row],
    batch: Sequence[Delivery],
    rows: Rows,
) -> None:
    """Fold the batch's events of these kinds.

    A row has the columns that `from_event` computes from each event and the row before it, and the columns that `from_book`
    computes from the book after the batch.
    """
    kinds = tuple(events)
    ids = {recorded.stream for recorded in own(batch, events)}
    known, private = rows.load(kept.rows, ids), rows.load(kept.private, ids)
    books = {id: load(id, _text(known.get(id), "state"), _text(private.get(id), "private")) for id in ids}
    tags = {id: set(book.tags) for id, book in books.items()}
    made = dict(known)
    erased: set[UUID] = set()
    for delivery in batch:
        recorded = delivery.recorded
        if delivery.at_home and isinstance(recorded.event, kinds):
            id = recorded.stream
            books[id].fold(recorded)
            columns = from_event(recorded, made.get(id))
            made[id] = columns | progress(made.get(id), recorded) | {"subject": recorded.metadata.subject}
        if recorded.event.erases():
            erased |= delivery.here
            for id in [id for id, row in made.items() if row["subject"] in delivery.here]:
                books[id].forget()
    rows.save(kept.rows, [made[id] | from_book(books[id]) for id in ids])
    texts, subjects = {id: book.private() for id, book in books.items()}, {id: row["subject"] for id, row in made.items()}
    save_personal(rows, kept.private, erased, texts, subjects, private.keys())
    changed = [id for id in ids if tags[id] != books[id].tags]
    rows.replace(kept.tags, kept.key, changed, [{kept.key: id, "tag": tag} for id in changed for tag in books[id].tags])


def _text(row: Row | None, column: str) -> str | None:
    return row[column] if row else None
