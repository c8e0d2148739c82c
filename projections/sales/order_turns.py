"""What orders stand at before and after each of their events, for rows that hold the difference it made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Column, Table, Text, Uuid

from domain.shared.events import Recorded
from projections.sales.order_book import Book
from projections.shared.rows import Rows
from projections.shared.tables import table

Standing = TypeVar("Standing")


def states(name: str) -> Table:
    """The books of orders, kept between batches."""
    return table(name, Column("order_id", Uuid, primary_key=True), Column("state", Text, nullable=False))


def turns(
    kept: Table, stands: Callable[[Book], Standing], nothing: Standing, mine: Sequence[Recorded], rows: Rows
) -> Iterator[tuple[Book, Recorded, Standing, Standing]]:
    """Each event with its order's book, and what the order stood at before and stands at now, unless it is a test."""
    known = rows.load(kept, {recorded.stream for recorded in mine})
    books = {id: Book.load(id, row["state"]) for id, row in known.items()}
    sums = {id: stands(book) for id, book in books.items()}
    for recorded in mine:
        book = books.setdefault(recorded.stream, Book(recorded.stream))
        book.fold(recorded)
        before, sums[book.id] = sums.get(book.id, nothing), stands(book)
        if not book.facts().test:
            yield book, recorded, before, sums[book.id]
    rows.save(kept, [{"order_id": id, "state": book.dump()} for id, book in books.items()])
