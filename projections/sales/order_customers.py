"""Which customer placed each order, and which orders were the first of their customers, as vectors.

Test orders are left out. Merged customers count as one customer: the merge survivor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, true

from projections.customers.merging import survivors
from projections.sales.orders import order_rows
from projections.shared import id_vectors
from projections.shared.id_vectors import NOT_FOUND, Places
from projections.shared.vectors import Codes, by_key, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids, Whole

GUEST = -1
"""The number of the customer of a guest's order."""


class CustomersOrders(NamedTuple):
    """Orders of customers. Each vector has a value for each order, in the same sequence.

    `customers` are numbers from 0 to `different` - 1. `first` marks a customer's first order of all times and channels: the
    earliest one, and of several placed at the same moment the one with the least id. `placed_at` is in microseconds and
    `placed_on` in days, as `vectors` has them.
    """

    ids: Ids
    customers: Whole
    different: int
    first: NDArray[np.bool_]
    placed_at: Whole
    placed_on: Whole
    channels: Whole
    channel_names: list[str]

    def some(self, marked: NDArray[np.bool_]) -> CustomersOrders:
        """The marked ones of these orders."""
        return self._replace(
            **{
                name: getattr(self, name)[marked]
                for name in ("ids", "customers", "first", "placed_at", "placed_on", "channels")
            }
        )


class OrdersRead(NamedTuple):
    """All orders of customers as they are stored: columns by name. And the merged customers, each with its survivor."""

    columns: Mapping[str, Any]
    channels: Codes
    merged: Ids
    survivors: Ids


class Buyers:
    """Finds the customers of orders."""

    def __init__(self, connection: Connection, orders: CustomersOrders) -> None:
        self._orders, self._places = orders, Places(orders.ids)
        self._guests = Places(_guests_orders(connection))

    def of(self, order_ids: Ids) -> tuple[Whole, NDArray[np.bool_], NDArray[np.bool_]]:
        """The customer of each order, or GUEST; marks of first orders; and marks of orders that are known."""
        import numpy as np

        places = self._places.of(order_ids)
        theirs, known = places != NOT_FOUND, np.ones(len(places), np.bool_)
        known[~theirs] = self._guests.of(order_ids[~theirs]) != NOT_FOUND
        customers, first = np.full(len(places), GUEST, np.int64), np.zeros(len(places), np.bool_)
        customers[theirs], first[theirs] = self._orders.customers[places[theirs]], self._orders.first[places[theirs]]
        return customers, first, known


def read_orders(connection: Connection, *, with_channels: bool = False, with_times: bool = True) -> OrdersRead:
    """All orders of customers.

    Without `with_channels` they have no channels; without `with_times` they have no times, and none is marked as the first.
    """
    row, channels = order_rows.c, Codes()
    columns: dict[str, ColumnElement[Any]] = {"ids": row.order_id, "customers": row.customer_id}
    if with_times:
        columns |= {"placed_at": row.placed_at, "placed_on": row.placed_on}
    if with_channels:
        columns["channels"] = row.channel
    read: dict[str, list[Any]] = {name: [] for name in columns}
    where = (row.customer_id.is_not(None), row.test.is_(False))
    for portion in portions(connection, columns, where, by_key(connection, row.customer_id, where)):
        for name, values in portion.items():
            read[name].append(channels.of(values) if name == "channels" else values)
    return OrdersRead({name: _all(values) for name, values in read.items()}, channels, *_merged(connection))


def customers_orders(read: OrdersRead) -> CustomersOrders:
    """These orders, with numbers of their customers. The database is not asked: it can read something else meanwhile."""
    import numpy as np

    found = dict(read.columns)
    ids = _reshaped(found.pop("ids"))
    customers, different = _numbered(_reshaped(found.pop("customers")), read.merged, read.survivors)
    first = np.zeros(len(ids), np.bool_)
    if "placed_at" in found:
        first = id_vectors.least(customers, different, found["placed_at"], ids)
    none = dict.fromkeys(("channels", "placed_at", "placed_on"), np.zeros(len(ids), np.int64))
    return CustomersOrders(
        ids=ids, customers=customers, different=different, first=first, channel_names=read.channels.texts, **none | found
    )


def _guests_orders(connection: Connection) -> Ids:
    row = order_rows.c
    where = (row.customer_id.is_(None), row.test.is_(False))
    parts = by_key(connection, row.placed_at, where, row.customer_id)
    return _reshaped(_all([portion["ids"] for portion in portions(connection, {"ids": row.order_id}, where, parts)]))


def numbered_survivors(connection: Connection, customers: Ids) -> tuple[Whole, int]:
    """A number for each customer, and how many different ones there are. Merged customers have that of the merge survivor."""
    return _numbered(customers, *_merged(connection))


def _merged(connection: Connection) -> tuple[Ids, Ids]:
    """The customers that were merged, and the survivor of each."""
    of = survivors().c
    columns: Mapping[str, ColumnElement[Any]] = {"customers": of.customer_id, "survivors": of.survivor}
    read = list(portions(connection, columns, (), [true()]))
    customers, found = (_reshaped(_all([portion[name] for portion in read])) for name in columns)
    return customers, found


def _numbered(customers: Ids, merged: Ids, survivors: Ids) -> tuple[Whole, int]:
    import numpy as np

    numbers, length = id_vectors.numbered(customers)
    different = np.empty((length, 2), np.uint64)
    different[numbers] = customers
    places = Places(merged).of(different)
    different[places != NOT_FOUND] = survivors[places[places != NOT_FOUND]]
    of_survivors, length = id_vectors.numbered(different)
    return of_survivors[numbers], length


def _all(parts: list[Any]) -> Any:
    import numpy as np

    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _reshaped(ids: Any) -> Ids:
    """No ids are an empty array of pairs too."""
    import numpy as np

    reshaped: Ids = ids.astype(np.uint64, copy=False).reshape(-1, 2)
    return reshaped
