"""attribute_history: the numbers that customers' attributes had over time, for reports that need them as of a moment.

One narrow row for each number or flag that a registration or a later event set or removed. A row belongs to the customer, and
is deleted when they are erased. Nothing in it is personal: numbers and flags never are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Text, Uuid

from domain.customers.customer.events import ANNOTATIONS, Erased, Registered
from domain.shared.annotations import AttributesSet
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import table
from projections.shared.vectors import by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids, Whole

attribute_rows = table(
    "attribute_history",
    Column("customer_id", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("key", Text, primary_key=True, index=True),
    Column("set_at", Instant, nullable=False),
    # A decimal text of the floating-point number, a flag as 0.0 or 1.0; null if the attribute was removed.
    Column("number", Text),
)


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    made: dict[UUID, list[Row]] = {}
    erased: set[UUID] = set()
    for recorded in own(batch, (Registered, AttributesSet, Erased)):
        if isinstance(recorded.event, Registered | AttributesSet):
            same = {"customer_id": recorded.stream, "position": recorded.position, "set_at": recorded.metadata.occurred_at}
            numbers = recorded.event.numbers.items()
            set_now = [{"key": key, "number": None if number is None else repr(float(number))} for key, number in numbers]
            made.setdefault(recorded.stream, []).extend(same | one for one in set_now)
        else:
            made.pop(recorded.stream, None)
            erased.add(recorded.stream)
    rows.delete(attribute_rows, "customer_id", erased)
    rows.save(attribute_rows, [row for several in made.values() for row in several])


class Numbers(NamedTuple):
    """The values of one attribute. Each vector has a value for each event, in the same sequence; NaN is none."""

    customers: Ids
    positions: Whole
    set_at: Whole
    values: NDArray[np.float64]


def numbers(connection: Connection, key: str) -> Numbers:
    """All values that this attribute ever had, of all customers; moments are in microseconds since 1970."""
    import numpy as np

    row = attribute_rows.c
    where = (row.key == key,)
    columns = {"customers": row.customer_id, "positions": row.position, "set_at": row.set_at, "values": row.number}
    parts = list(portions(connection, columns, where, by_place(connection, attribute_rows, where)))
    nothing = np.zeros(0, np.int64)
    return Numbers(
        customers=np.concatenate([np.zeros((0, 2), np.uint64), *(part["customers"] for part in parts)]),
        positions=np.concatenate([nothing, *(part["positions"] for part in parts)]),
        set_at=np.concatenate([nothing, *(part["set_at"] for part in parts)]),
        values=np.array([text or "nan" for part in parts for text in part["values"]], np.float64),
    )


attribute_history = Projection(
    name="attribute_history",
    version=1,
    tables=(attribute_rows,),
    apply=apply,
    reads=types(Registered, ANNOTATIONS.attributes_set, Erased),
)
