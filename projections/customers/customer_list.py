"""Customers as lists show them: filtered, searched by name, e-mail address or telephone number, and one by its id.

A merge survivor answers for everyone merged into them: filters and searches match what the survivor's profile shows. Merged
customers are in no list, except with the filter `merged`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, tzinfo
from typing import Any, Literal, Unpack
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, RowMapping, Select, and_, exists, func, or_, select

from domain.customers.customer.events import Kind
from projections.customers.customer_book import opened
from projections.customers.customers import customer_contacts, customer_tags, customers
from projections.customers.merging import EVERYONE, merges, of_everyone, parts_of, wholes_of
from projections.customers.whole_profile import Record, profile
from projections.shared.lists import Asked, Listing, Rule, Show, flag
from projections.shared.pages import Page
from projections.shared.rows import PORTION, Row
from projections.shared.search import beginning, containing, normalised


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Customers with all of these values; None matches any. Ranges of days are half-open, in `zone`.

    `merged` selects the customers who were merged into another one, instead of all others.
    """

    kind: Kind | None = None
    owner: str | None = None
    team: str | None = None
    source_channel: str | None = None
    archived: bool | None = None
    tag: str | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    zone: tzinfo = UTC
    merged: bool = False
    erased: bool = False


Sort = Literal["registered_at", "position", "name"]
SHOWN = ("customer_id", "position", "version", "registered_at", "registered_on", "erased_at", "archived", "merged_into")
TOMBSTONE = ("customer_id", "position", "version", "erased_at", "merged_into")

# The rules of the filters. What does not depend on the wanted value is built once.

MERGES = merges()


def _of_first(name: str, *together: str) -> Rule:
    """The column has the value; or all columns `together` are empty, and the first merged record that has one has the value."""
    part = customers.alias()
    place = func.row_number().over(partition_by=MERGES.c.whole, order_by=part.c.customer_id).label("place")
    given = select(MERGES.c.whole, part.c[name].label("value"), place).join(part, part.c.customer_id == MERGES.c.customer_id)
    records = given.where(or_(*(part.c[column].is_not(None) for column in together))).subquery()
    first = select(records.c.whole).where(records.c.place == 1)
    empty = and_(*(customers.c[column].is_(None) for column in together))

    def rule(wanted: str) -> ColumnElement[bool]:
        of_merged = customers.c.customer_id.in_(first.where(records.c.value == wanted))
        return or_(customers.c[name] == wanted, empty & of_merged)

    return rule


def _tagged(connection: Connection, tag: str) -> ColumnElement[bool]:
    """The customer or one merged into them has the tag."""
    own, id = customer_tags.c, customers.c.customer_id
    tagged = select(own.customer_id).where(own.tag == tag)
    of_merged = wholes_of(lambda part: part.c.customer_id.in_(tagged))
    if connection.execute(of_merged.limit(1)).first() is None:
        # The database finds the customers of a rare tag and of a common one fast only if this is the whole condition.
        return id.in_(tagged)
    return or_(exists().where(own.customer_id == id, own.tag == tag), id.in_(of_merged))


_is_merged = flag(customers.c.merged_into.is_not(None))

# The rows, as they are shown


class Customers(Listing[Filter, Sort]):
    """A list of customers, each with the records of everyone merged into them."""

    def shown(self, connection: Connection, rows: list[Row], show: Show) -> list[Row]:
        merged = parts_of(connection, [row["customer_id"] for row in rows])
        states = _states(connection, [id for ids in merged.values() for id in ids])
        return [_shown(row, merged.get(row["customer_id"], []), states) for row in rows]


def _states(connection: Connection, ids: Collection[UUID]) -> dict[UUID, str]:
    """The dumped states of these customers, without erased ones."""
    found: dict[UUID, str] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), PORTION):
        query = select(customers.c.customer_id, customers.c.state).where(
            customers.c.customer_id.in_(wanted[start : start + PORTION]), customers.c.state.is_not(None)
        )
        found |= {row.customer_id: row.state for row in connection.execute(query)}
    return found


def _shown(row: Row | RowMapping, merged: list[UUID], states: Mapping[UUID, str]) -> Row:
    """The row's customer, with the records of those `merged` into them."""
    if row["state"] is None:
        return {name: row[name] for name in TOMBSTONE} | {"merged_ids": merged}
    records = [Record(row["customer_id"], opened(row["state"]))]
    records += [Record(id, opened(states[id])) for id in merged if id in states]
    return {name: row[name] for name in SHOWN} | profile(records) | {"merged_ids": merged}


# By default the list leaves out erased customers. Names are personal, so cursors never contain them.
LISTED = Customers(
    customers,
    Filter,
    "registered_at",
    descending=True,
    rules={
        "owner": _of_first("owner", "owner", "team"),
        "team": _of_first("team", "owner", "team"),
        "source_channel": _of_first("source_channel", "source_channel"),
        "merged": _is_merged,
    },
    without_rule=("tag",),
    personal={"name": customers.c.search_name},
)


def listing(connection: Connection, wanted: Filter, **asked: Unpack[Asked[Sort]]) -> Page:
    """A page of the customers that match the filter. Raises MalformedCursor."""
    also = () if wanted.tag is None else (_tagged(connection, wanted.tag),)
    return LISTED.listing(connection, wanted, *also, **asked)


def get(connection: Connection, customer_id: UUID) -> Row | None:
    """The customer, with the records of everyone merged into them."""
    return get_all(connection, [customer_id]).get(customer_id)


def get_all(connection: Connection, customer_ids: Collection[UUID]) -> dict[UUID, Row]:
    """By id, each customer with the records of everyone merged into them. Unknown customers are left out."""
    lines: dict[UUID, dict[UUID, RowMapping]] = {}
    for row in of_everyone(connection, _LINES, customer_ids):
        lines.setdefault(row.whole, {})[row.customer_id] = row._mapping
    return {whole: _whole(line.pop(whole), line) for whole, line in lines.items()}


def _lines() -> Select[Any]:
    """The customers and everyone merged into them, in the order of their ids; `whole` is the customer asked for."""
    line = select(customers.c.customer_id.label("whole"), customers.c.customer_id).where(customers.c.customer_id.in_(EVERYONE))
    found = line.cte(recursive=True)
    part = customers.alias()
    found = found.union(select(found.c.whole, part.c.customer_id).where(part.c.merged_into == found.c.customer_id))
    row = customers.c
    query = select(found.c.whole, *(row[name] for name in SHOWN), row.state).join(
        customers, row.customer_id == found.c.customer_id
    )
    return query.order_by(row.customer_id)


# This query runs for every customer that is read, so it is built once.
_LINES = _lines()


def _whole(row: RowMapping, merged: Mapping[UUID, RowMapping]) -> Row:
    states = {id: one["state"] for id, one in merged.items() if one["state"] is not None}
    return _shown(row, list(merged), states)


def search(connection: Connection, text: str, *, merged: bool = False, limit: int = 50, cursor: str | None = None) -> Page:
    """Customers whose name contains the text, or who have a contact value that starts with it, in the order of names.

    Case, character width, and marks on Latin, Greek and Cyrillic letters make no difference. A telephone number needs its
    country code; the + may be missing. A text of a merged customer finds the survivor, or with `merged` the merged customer.
    """
    wanted = normalised(text)
    if not wanted:
        return Page([], None)
    contacts = customer_contacts.c
    number = "".join(character for character in wanted if character not in " -().")
    numbers = [beginning(contacts.value, "+" + number.removeprefix("+"))] if number.lstrip("+").isdigit() else []
    values = (beginning(contacts.value, wanted), beginning(contacts.search_value, wanted))
    reached = select(contacts.customer_id).where(or_(*values, *numbers))

    def matches(table: FromClause) -> ColumnElement[bool]:
        return or_(containing(table.c.search_name, wanted), table.c.customer_id.in_(reached))

    found = or_(matches(customers), customers.c.customer_id.in_(wholes_of(matches)))
    return LISTED.listing(
        connection, None, found, _is_merged(merged), sort="name", descending=False, limit=limit, cursor=cursor
    )


def named(connection: Connection, customer_ids: Collection[UUID]) -> dict[UUID, Row]:
    """The id, kind and name of these customers; kind and name are None if a customer is erased or not known yet."""
    query = select(customers).where(customers.c.customer_id.in_(customer_ids))
    rows = LISTED.shown(connection, [dict(row) for row in connection.execute(query).mappings()], dict)
    found = {row["customer_id"]: row for row in rows}
    return {id: {"id": id} | {name: found.get(id, {}).get(name) for name in ("kind", "name")} for id in customer_ids}
