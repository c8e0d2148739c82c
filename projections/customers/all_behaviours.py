"""The behaviour of all customers, in portions: last that of merge survivors, whose parts are left out before.

Erased customers have no behaviour. All portions must be read at one moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection

from projections.customers.behaviour_figures import Behaviours, attributes, packed
from projections.customers.customer_features import customer_features
from projections.customers.whole_behaviour import SurvivorBehaviours, survivor_behaviours
from projections.shared.id_vectors import NOT_FOUND, Places
from projections.shared.vectors import by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids


def all_figures(connection: Connection, *, of_attributes: bool = False) -> Iterator[Behaviours]:
    """The packed behaviour; with the numbers of attributes only if the caller asks for them."""
    return (behaviours for behaviours, _ in _figures(connection, {}, of_attributes=of_attributes))


def all_figures_with_ids(connection: Connection, *, of_attributes: bool = False) -> Iterator[tuple[Behaviours, Ids]]:
    """Like `all_figures`, with the ids of the customers."""
    return _figures(connection, {"id": customer_features.c.customer_id}, of_attributes=of_attributes)


def _figures(
    connection: Connection, columns: dict[str, ColumnElement[Any]], *, of_attributes: bool
) -> Iterator[tuple[Behaviours, Any]]:
    row = customer_features.c
    columns = columns | {"figures": row.figures} | ({"state": row.state} if of_attributes else {})
    merged = survivor_behaviours(connection)
    for of, is_part in _rows(connection, columns, merged):
        behaviours = Behaviours(of["figures"], attributes(of["state"]) if of_attributes else ())
        ids: Any = of.get("id")
        if is_part is None:
            yield behaviours, ids
        else:
            yield behaviours.without(is_part), ids[~is_part]
    if merged.behaviours:
        survivors = merged.behaviours.values()
        behaviours = Behaviours(b"".join(map(packed, survivors)), attributes([one.dump() for one in survivors]))
        yield behaviours, _ids(merged.behaviours)


def all_states(connection: Connection) -> Iterator[Sequence[str]]:
    """The states of the behaviour, as `Behaviour.dump` makes them."""
    merged = survivor_behaviours(connection)
    for of, is_part in _rows(connection, {"state": customer_features.c.state}, merged):
        states = of["state"]
        yield states if is_part is None else [one for one, part in zip(states, is_part.tolist(), strict=True) if not part]
    if merged.behaviours:
        yield [one.dump() for one in merged.behaviours.values()]


def _rows(
    connection: Connection, columns: dict[str, ColumnElement[Any]], merged: SurvivorBehaviours
) -> Iterator[tuple[dict[str, Any], NDArray[np.bool_] | None]]:
    """The columns, and which rows are parts of a survivor; None if nobody is merged."""
    parts = Places(_ids(merged.parts)) if merged.parts else None
    columns = columns | ({"id": customer_features.c.customer_id} if parts else {})
    there = [customer_features.c.state.is_not(None)]
    for of in portions(connection, columns, there, by_place(connection, customer_features, ())):
        yield of, parts.of(of["id"]) != NOT_FOUND if parts else None


def _ids(ids: Collection[UUID]) -> Ids:
    import numpy as np

    return np.frombuffer(b"".join(id.bytes for id in ids), dtype=">u8").astype(np.uint64).reshape(-1, 2)
