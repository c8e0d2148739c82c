"""The behaviour of all customers, in portions: last that of merge survivors, whose parts are left out before.

Erased customers have no behaviour. All portions must be read at one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Table

from projections.customers.behaviour_figures import Behaviours, attributes, packed
from projections.customers.customer_behaviour import Behaviour
from projections.customers.customer_features import customer_features
from projections.customers.purchase_days import PurchaseDays, packed_days
from projections.customers.whole_behaviour import SurvivorBehaviours, survivor_behaviours
from projections.shared.id_vectors import NOT_FOUND, Places, ids_of
from projections.shared.vectors import by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids


def all_figures(connection: Connection, *, of_attributes: bool = False, of_days: bool = False) -> Iterator[Behaviours]:
    """The packed behaviour; with the numbers of attributes and the purchase days only if the caller asks for them."""
    wanted = columns_of(customer_features, of_attributes=of_attributes, of_days=of_days)
    return (behaviours for behaviours, _ in _figures(connection, wanted))


def all_figures_with_ids(connection: Connection, *, of_attributes: bool = False) -> Iterator[tuple[Behaviours, Ids]]:
    """Like `all_figures`, with the ids of the customers."""
    wanted = columns_of(customer_features, of_attributes=of_attributes)
    return _figures(connection, {"id": customer_features.c.customer_id, **wanted})


def columns_of(table: Table, *, of_attributes: bool = False, of_days: bool = False) -> dict[str, ColumnElement[Any]]:
    """The columns of `customer_features` that `behaviours_in` needs."""
    names = ("figures", *(["state"] if of_attributes else []), *(["purchase_days"] if of_days else []))
    return {name: table.c[name] for name in names}


def behaviours_in(of: Mapping[str, Any]) -> Behaviours:
    """The behaviour of customers, from the columns of their rows, as `vectors` reads them."""
    return Behaviours(of["figures"], attributes(of["state"]) if "state" in of else (), of.get("purchase_days", b""))


def _figures(connection: Connection, columns: dict[str, ColumnElement[Any]]) -> Iterator[tuple[Behaviours, Any]]:
    merged = survivor_behaviours(connection)
    for of, is_part in _rows(connection, columns, merged):
        behaviours: Behaviours = behaviours_in(of)
        ids: Any = of.get("id")
        if is_part is None:
            yield behaviours, ids
        else:
            yield behaviours.without(is_part), ids[~is_part]
    if merged.behaviours:
        survivors = merged.behaviours.values()
        states = attributes([one.dump() for one in survivors])
        yield Behaviours(_joined(packed, survivors), states, _joined(packed_days, survivors)), ids_of(merged.behaviours)


def all_purchase_days(connection: Connection) -> Iterator[PurchaseDays]:
    merged = survivor_behaviours(connection)
    for of, is_part in _rows(connection, {"days": customer_features.c.purchase_days}, merged):
        days = PurchaseDays(of["days"])
        yield days if is_part is None else PurchaseDays(days.without(is_part))
    if merged.behaviours:
        yield PurchaseDays(_joined(packed_days, merged.behaviours.values()))


def _joined(pack: Callable[[Behaviour], bytes], behaviours: Iterable[Behaviour]) -> bytes:
    return b"".join(map(pack, behaviours))


def _rows(
    connection: Connection, columns: dict[str, ColumnElement[Any]], merged: SurvivorBehaviours
) -> Iterator[tuple[dict[str, Any], NDArray[np.bool_] | None]]:
    """The columns, and which rows are parts of a survivor; None if nobody is merged."""
    parts = Places(ids_of(merged.parts)) if merged.parts else None
    columns = columns | ({"id": customer_features.c.customer_id} if parts else {})
    there = [customer_features.c.state.is_not(None)]
    for of in portions(connection, columns, there, by_place(connection, customer_features, ())):
        yield of, parts.of(of["id"]) != NOT_FOUND if parts else None
