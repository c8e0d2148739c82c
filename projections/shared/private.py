"""Personal data, in tables of its own: one text for each row of another table, deleted when the row's subject is erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, Table, Text, Uuid, select

from projections.shared.projection import Delivery
from projections.shared.rows import Rows
from projections.shared.tables import table


def personal(name: str, key: str, text: str = "private", *, searched: bool = False) -> Table:
    """`searched` says whether lists filter by the text."""
    return table(
        name,
        Column(key, Uuid, primary_key=True),
        Column("subject", Uuid, nullable=False, index=True),
        Column(text, Text, nullable=False, index=searched),
    )


def erased_in(batch: Sequence[Delivery]) -> frozenset[UUID]:
    """The subjects of this partition that the batch erases."""
    return frozenset[UUID]().union(*(delivery.here for delivery in batch if delivery.recorded.event.erases()))


def save_personal(
    rows: Rows,
    private: Table,
    erased: Collection[UUID],
    texts: Mapping[UUID, str | None],
    subjects: Mapping[UUID, UUID],
    known: Collection[UUID] = (),
) -> None:
    """Save the texts. Delete the texts of the `erased` subjects, and of those `known` ids that had a text and have none now."""
    key, subject, text = (column.name for column in private.c)
    rows.delete(private, subject, erased)
    rows.remove(private, [id for id in known if texts[id] is None])
    present = [(id, one) for id, one in texts.items() if one is not None]
    rows.save(private, [{key: id, subject: subjects[id], text: one} for id, one in present])


def with_personal(rows: Table, private: Table) -> Select[Any]:
    """The rows without their subject and internal columns, each with its personal text (None if it has no text)."""
    [key], (owner, _, text) = rows.primary_key, private.c
    shown = [column for column in rows.c if column.name != "subject" and "internal" not in column.info]
    return select(*shown, text).select_from(rows.outerjoin(private, owner == key))
