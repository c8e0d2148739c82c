"""Totals of orders before and after each of their events, for read models with one row for the change that an event makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Column, Table, Uuid

from domain.shared.events import Event, Recorded
from projections.sales.order_book import Book
from projections.sales.order_states import STATE
from projections.shared.rows import Rows
from projections.shared.tables import table

Totals = TypeVar("Totals")


def states(name: str) -> Table:
    """The table that keeps the books of orders between batches."""
    return table(name, Column("order_id", Uuid, primary_key=True), Column("state", STATE, nullable=False))


def turns(
    kept: Table,
    totals: Callable[[Book], Totals],
    nothing: Totals,
    moves: tuple[type[Event], ...],
    mine: Sequence[Recorded],
    rows: Rows,
) -> Iterator[tuple[Book, Recorded, Totals, Totals]]:
    """Each event that `moves` the totals, with its order's book, and the totals before and after. Test orders are left out."""
    known = rows.load(kept, {recorded.stream for recorded in mine})
    books = {id: Book.load(id, row["state"]) for id, row in known.items()}
    sums = {id: totals(book) for id, book in books.items()}
    for recorded in mine:
        book = books.setdefault(recorded.stream, Book(recorded.stream))
        book.fold(recorded)
        if not isinstance(recorded.event, moves):
            continue
        before, sums[book.id] = sums.get(book.id, nothing), totals(book)
        if not book.facts().test:
            yield book, recorded, before, sums[book.id]
    rows.save(kept, [{"order_id": id, "state": book.dump()} for id, book in books.items()])
