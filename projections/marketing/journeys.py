"""The paths of touchpoints that ended with an order, and those that ended without one, computed at query time.

* a person is a merge survivor with everyone merged into them, and with the leads that became them; or a lead that has not
  become a customer. Touchpoints of visitors who are not known belong to nobody, and are left out.
* an order is one placed by a customer, in any state; test orders and guests' orders are left out.
* a touchpoint belongs to the next order of its person, if that is placed within the window after it. So an order ends a path,
  and no touchpoint counts twice.
* the other touchpoints of a person are paths without an order: a new one begins after a pause longer than the window, and after
  an order. Such a path counts once the window of its last touchpoint has closed.
* a time known only by its day is within a window if any moment of that day is; a touchpoint is then the first thing on its day,
  and an order the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Uuid, func, or_

from projections.marketing.touchpoints import touchpoint_rows
from projections.sales.leads import lead_rows
from projections.sales.order_customers import numbered_survivors
from projections.sales.orders import order_rows
from projections.shared import id_vectors
from projections.shared.day_vectors import MICROSECONDS
from projections.shared.id_vectors import NOT_FOUND, Places
from projections.shared.vectors import NO_DAY, Codes, Where, by_key, by_place, portions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Ids, Whole

    Flags = NDArray[np.bool_]

DAY = 86_400 * MICROSECONDS
NO_ORDER = -1


class Touches(NamedTuple):
    """Touchpoints with a person. `groups` have the numbers of their channels or campaigns, whose values are in `names`."""

    persons: Ids
    at: Whole
    own: Whole
    positions: Whole
    groups: Whole
    names: Sequence[str | UUID | None]


class Orders(NamedTuple):
    """Orders of customers; moments are in microseconds and days in days since 1970."""

    ids: Ids
    customers: Ids
    at: Whole
    own: Whole


class Journeys(NamedTuple):
    """Paths. The first three vectors have a value for each touchpoint; those of a path follow each other in time.

    `paths` has the number of its path and `ages` the days from it to its path's order, 0 without one. `orders` has the place of
    each path's order, or NO_ORDER. `ended_at` and `ended_on` date the end of each path: its order, or else its last touchpoint.
    """

    paths: Whole
    groups: Whole
    ages: NDArray[np.float64]
    orders: Whole
    ended_at: Whole
    ended_on: Whole


def touches(connection: Connection, by: str, channels: Sequence[str], kinds: Sequence[str]) -> Touches:
    """All touchpoints with a person on these channels and of these kinds; of all of them if none is named."""
    import numpy as np

    row, codes = touchpoint_rows.c, Codes()
    named = [column.in_(values) for column, values in ((row.channel, channels), (row.kind, kinds)) if values]
    where = (or_(row.customer_id.is_not(None), row.lead_id.is_not(None)), *named)
    columns: dict[str, ColumnElement[Any]] = {
        "persons": func.coalesce(row.customer_id, row.lead_id, type_=Uuid()),
        "at": row.occurred_at,
        "own": row.occurred_on,
        "positions": row.position,
        "groups": row.channel if by == "channel" else row.campaign_id,
    }
    of = codes.of if by == "channel" else lambda ids: ids
    read = _read(connection, columns, where, by_place(connection, touchpoint_rows, where), {"groups": of})
    persons = _of_customers(connection, _ids(read["persons"]))
    if by == "channel":
        return Touches(persons, read["at"], read["own"], read["positions"], read["groups"], codes.texts)
    numbers, length = id_vectors.numbered(_ids(read["groups"]))
    different = np.empty((length, 2), np.uint64)
    different[numbers] = _ids(read["groups"])
    names = [_uuid(int(high), int(low)) for high, low in different.tolist()]
    return Touches(persons, read["at"], read["own"], read["positions"], numbers, names)


def orders(connection: Connection) -> Orders:
    row = order_rows.c
    where = (row.customer_id.is_not(None), row.test.is_(False))
    columns = {"ids": row.order_id, "customers": row.customer_id, "at": row.placed_at, "own": row.placed_on}
    read = _read(connection, columns, where, by_key(connection, row.customer_id, where))
    return Orders(_ids(read["ids"]), _ids(read["customers"]), read["at"], read["own"])


def journeys(connection: Connection, touched: Touches, placed: Orders, window_days: int, now: datetime) -> Journeys:
    """The paths that have ended until `now`."""
    import numpy as np

    window, several = window_days * DAY, len(touched.at)
    persons, _ = numbered_survivors(connection, np.concatenate((touched.persons, placed.customers)))
    at, own = np.concatenate((touched.at, placed.at)), np.concatenate((touched.own, placed.own))
    is_order = np.arange(len(at)) >= several
    until = at + np.where(own == NO_DAY, 0, DAY - 1)
    ties = np.concatenate((touched.positions, np.zeros(len(placed.at), np.int64)))
    # A touchpoint comes before an order of the same moment.
    order = np.lexsort((ties, is_order, np.where(is_order, until, at), persons))
    following = _next_order(persons[order], is_order[order])
    mine = ~is_order[order]
    touch, person, following = order[mine], persons[order][mine], following[mine]
    bought = following != NO_ORDER
    buying = order[following]
    # `following` is NO_ORDER for some, whose order is the last row: these are never within the window.
    bought &= at[buying] - until[touch] <= window
    belongs = np.where(bought, buying - several, NO_ORDER)
    apart = at[touch][1:] - until[touch][:-1] > window
    new = np.ones(len(touch), np.bool_)
    new[1:] = (person[1:] != person[:-1]) | (belongs[1:] != belongs[:-1]) | (apart & ~bought[1:])
    paths = np.cumsum(new) - 1
    last = np.flatnonzero(np.append(new[1:], True)[: len(touch)])
    ages = np.where(bought, np.maximum(at[buying] - at[touch], 0), 0) / DAY
    ends = np.where(bought[last], buying[last], touch[last])
    closed = bought[last] | (until[ends] + window < now.timestamp() * MICROSECONDS)
    found = Journeys(paths, touched.groups[touch], ages, belongs[last], at[ends], own[ends])
    return some(found, closed)


def some(found: Journeys, marked: Flags) -> Journeys:
    """The marked ones of the paths, with other numbers then."""
    import numpy as np

    of, numbers = marked[found.paths], np.cumsum(marked) - 1
    ends = (vector[marked] for vector in (found.orders, found.ended_at, found.ended_on))
    return Journeys(numbers[found.paths[of]], found.groups[of], found.ages[of], *ends)


def _next_order(persons: Whole, is_order: Flags) -> Whole:
    """The place of the next order of the same person at or after each row, or NO_ORDER."""
    import numpy as np

    length = len(persons)
    places = np.where(is_order, np.arange(length), length)
    following = np.minimum.accumulate(places[::-1])[::-1]
    within = np.minimum(following, length - 1)
    return np.where((following < length) & (persons[within] == persons), within, NO_ORDER)


def _of_customers(connection: Connection, persons: Ids) -> Ids:
    """The persons, with the customer that each lead has become instead of the lead."""
    row = lead_rows.c
    where = (row.customer_id.is_not(None),)
    columns: Mapping[str, ColumnElement[Any]] = {"leads": row.lead_id, "customers": row.customer_id}
    read = _read(connection, columns, where, by_place(connection, lead_rows, where))
    places = Places(_ids(read["leads"])).of(persons)
    became = places != NOT_FOUND
    found = persons.copy()
    found[became] = _ids(read["customers"])[places[became]]
    return found


def _read(
    connection: Connection,
    columns: Mapping[str, ColumnElement[Any]],
    where: Where,
    parts: Any,
    change: Mapping[str, Callable[[Any], Any]] = {},
) -> dict[str, Any]:
    """The columns of all portions, each changed where it is read."""
    import numpy as np

    read: dict[str, list[Any]] = {name: [] for name in columns}
    for portion in portions(connection, columns, where, parts):
        for name, values in portion.items():
            read[name].append(change[name](values) if name in change else values)
    return {name: np.concatenate(values) if values else np.zeros(0, np.int64) for name, values in read.items()}


def _ids(vector: Any) -> Ids:
    """No ids are an empty array of pairs too."""
    import numpy as np

    ids: Ids = vector.astype(np.uint64, copy=False).reshape(-1, 2)
    return ids


def _uuid(high: int, low: int) -> UUID | None:
    id = UUID(int=high << 64 | low)
    return id if id.int else None
