"""What was known about campaign members when they were targeted: covariates that the campaign cannot have changed.

* spend sums the net (gross − discounts − returns, as `channel_sales` has it) of what is dated before the targeting, for the
  orders of the customer. Leads have 0.
* an attribute has the last number that was set at the targeting or before it. Members without one have the mean of the others.

Facts stay with the customer they were recorded for, so a merge after the targeting changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func

from domain.shared.money import minor_digits
from projections.customers.attribute_history import numbers
from projections.marketing.campaign_arms import Members
from projections.sales.channel_sales import sales
from projections.sales.orders import order_rows
from projections.shared.ahead import early
from projections.shared.day_vectors import MICROSECONDS, days_of
from projections.shared.id_vectors import NOT_FOUND, Places, changes
from projections.shared.reports import QUARTER
from projections.shared.vectors import NO_DAY, Codes, by_key, by_place, portions

if TYPE_CHECKING:
    from datetime import tzinfo

    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids, Whole

NEVER = 2**40
"""A quarter of an hour that is later than any."""
SPEND, ATTRIBUTE = "spend", "attribute:"
"""The covariates: spend, and an attribute by its key."""


class _Orders(NamedTuple):
    """Orders of members, each with the place of the member."""

    ids: Ids
    members: Whole


class _Sold(NamedTuple):
    """Sales rows: their orders, when they happened, and their net amounts in minor units of a currency, by its number.

    A row has a quarter of an hour or a day; the other one is NEVER or NO_DAY.
    """

    ids: Ids
    quarters: Whole
    days: Whole
    net: Whole
    codes: Whole
    currencies: list[str]


def read_models(covariate: str | None) -> tuple[str, ...]:
    """The read models that this covariate needs."""
    if covariate is None:
        return ()
    return ("channel_sales", "orders") if covariate == SPEND else ("attribute_history",)


def of_members(
    connection: Connection, members: Members, covariate: str, currencies: Collection[str], zone: tzinfo
) -> dict[str, NDArray[np.float64]]:
    """The covariate by currency, with a value for each member."""
    if covariate == SPEND:
        return spend_before(connection, members, currencies, zone)
    return dict.fromkeys(currencies, attribute_before(connection, members, covariate.removeprefix(ATTRIBUTE)))


def attribute_before(connection: Connection, members: Members, key: str) -> NDArray[np.float64]:
    """By member, the number that the attribute had when they were targeted; the mean of the known ones, if it had none."""
    import numpy as np

    known = numbers(connection, key)
    with_customer = np.flatnonzero(members.customers.any(axis=1))
    places = Places(members.customers[with_customer]).of(known.customers)
    theirs = np.flatnonzero(places != NOT_FOUND)
    who = with_customer[places[theirs]]
    before = known.set_at[theirs] <= members.started_at[who]
    theirs, who = theirs[before], who[before]
    # Of several values of a member, the last one in this order stays.
    order = np.lexsort((known.positions[theirs], known.set_at[theirs]))
    values = np.full(len(members.ids), np.nan)
    values[who[order]] = known.values[theirs[order]]
    missing = np.isnan(values)
    values[missing] = 0 if missing.all() else values[~missing].mean()
    return values


def spend_before(
    connection: Connection, members: Members, currencies: Collection[str], zone: tzinfo
) -> dict[str, NDArray[np.float64]]:
    """By currency and member, in the currency's own unit. What is known by its day only counts if the targeting is later."""
    import numpy as np

    spent = {currency: np.zeros(len(members.ids)) for currency in currencies}
    if not currencies:
        return spent
    read = _read_orders(connection)
    with early(_sold(connection, currencies)) as reading:
        orders = _of_members(read, members)
        places = Places(orders.ids)
        _add(spent, reading, orders, places, members, zone)
    return spent


def _add(
    spent: dict[str, NDArray[np.float64]],
    reading: Iterator[_Sold],
    orders: _Orders,
    places: Places,
    members: Members,
    zone: tzinfo,
) -> None:
    """Adds what was sold to each member before the targeting."""
    import numpy as np

    began_by_quarter = members.started_at // (QUARTER * MICROSECONDS)
    for sold in reading:
        order = places.of(sold.ids)
        theirs = np.flatnonzero(order != NOT_FOUND)
        who = orders.members[order[theirs]]
        before = sold.quarters[theirs] < began_by_quarter[who]
        dated = np.flatnonzero(sold.days[theirs] != NO_DAY)
        of = who[dated]
        before[dated] = sold.days[theirs[dated]] < days_of(members.started_at[of], members.started_on[of], zone)
        theirs, who = theirs[before], who[before]
        for number, currency in enumerate(sold.currencies):
            these = sold.codes[theirs] == number
            units = np.bincount(who[these], weights=sold.net[theirs[these]], minlength=len(members.ids))
            spent[currency] += units / float(10 ** minor_digits(currency))


def _sold(connection: Connection, currencies: Collection[str]) -> Iterator[_Sold]:
    """The sales rows in these currencies, in portions."""
    import numpy as np

    row, codes = sales.c, Codes()
    net = row.gross - row.discounts - row.returns
    columns: dict[str, ColumnElement[Any]] = {
        "ids": row.order_id,
        "quarters": func.coalesce(row.quarter, NEVER),
        "days": row.day,
        "net": net,
    }
    if len(currencies) > 1:
        columns["codes"] = row.currency
    where = (row.currency.in_(currencies),)
    for read in portions(connection, columns, where, by_place(connection, sales, where)):
        coded = codes.of(read.pop("codes")) if len(currencies) > 1 else np.zeros(len(read["net"]), np.int64)
        yield _Sold(codes=coded, currencies=list(codes.texts or currencies), **read)


def _read_orders(connection: Connection) -> list[dict[str, Ids]]:
    """The ids of orders and their customers, in the order of the customers. Test orders are left out."""
    row = order_rows.c
    where = (row.customer_id.is_not(None), row.test.is_(False))
    columns = {"ids": row.order_id, "customers": row.customer_id}
    return list(portions(connection, columns, where, by_key(connection, row.customer_id, where)))


def _of_members(read: list[dict[str, Ids]], members: Members) -> _Orders:
    import numpy as np

    with_customer = np.flatnonzero(members.customers.any(axis=1))
    places = Places(members.customers[with_customer])
    ids, of = [np.zeros((0, 2), np.uint64)], [np.zeros(0, np.int64)]
    for portion in read:
        # Each customer is looked for once: the orders of one follow each other.
        customers = portion["customers"]
        begins = np.flatnonzero(changes(customers))
        place = np.repeat(places.of(customers[begins]), np.diff(np.append(begins, len(customers))))
        ids.append(portion["ids"][place != NOT_FOUND])
        of.append(with_customer[place[place != NOT_FOUND]])
    return _Orders(np.concatenate(ids), np.concatenate(of))
