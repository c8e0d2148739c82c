"""touchpoints: who was touched where, when and by which campaign, a narrow row for each.

A row belongs to the touchpoint's own subject: its customer, else its lead, or itself where only a visitor's id is known. That
id and the click ids lie apart, and go when their subject is erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, tzinfo
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Date, Index, MetaData, Select, Table, Text, Uuid, select

from domain.customers.customer.events import Erased
from domain.marketing.touchpoint import Kind, Recorded
from domain.sales.lead.events import Erased as LeadErased
from domain.shared.events import Recorded as Fact
from domain.shared.events import type_name
from domain.shared.utm import Utm
from projections.customers.customer_leads import leads_of, theirs
from projections.customers.merging import same_customer
from projections.shared.occurred import own_day, within
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows

metadata = MetaData()

UTM = Utm.__struct_fields__
PRIVATE = ("anonymous_id", "click_ids")

touchpoint_rows = Table(
    "touchpoints",
    metadata,
    Column("touchpoint_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("customer_id", Uuid),
    Column("lead_id", Uuid, index=True),
    Column("campaign_id", Uuid, index=True),
    *(Column(f"utm_{name}", Text) for name in UTM),
    Column("occurred_at", Instant, nullable=False, index=True),
    Column("occurred_on", Date),
)
Index("ix_touchpoints_customer", touchpoint_rows.c.customer_id, touchpoint_rows.c.occurred_at)
touchpoint_private = Table(
    "touchpoint_private",
    metadata,
    Column("touchpoint_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False, index=True),
    Column("private", Text, nullable=False),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    touched = {d.recorded.stream: d.recorded for d in batch if d.at_home and isinstance(d.recorded.event, Recorded)}
    erased = frozenset[UUID]().union(*(d.here for d in batch if d.recorded.event.erases()))
    rows.save(touchpoint_rows, [_row(fact) for fact in touched.values()])
    rows.delete(touchpoint_private, "subject", erased)
    kept = (fact for fact in touched.values() if fact.metadata.subject not in erased)
    rows.save(touchpoint_private, list(_private(kept)))


def _row(fact: Fact) -> Row:
    event: Any = fact.event
    utm = event.utm or Utm()
    return {
        "touchpoint_id": fact.stream,
        "position": fact.position,
        **{name: getattr(event, name) for name in ("channel", "kind", "customer_id", "lead_id", "campaign_id")},
        **{f"utm_{name}": getattr(utm, name) for name in UTM},
        "occurred_at": fact.metadata.occurred_at,
        "occurred_on": own_day(fact.metadata),
    }


def _private(facts: Iterable[Fact]) -> Iterable[Row]:
    for fact in facts:
        told = {name: value for name in PRIVATE if (value := getattr(fact.event, name)) is not None}
        if told:
            text = msgspec.json.encode(told, order="deterministic").decode()
            yield {"touchpoint_id": fact.stream, "subject": fact.metadata.subject, "private": text}


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Touchpoints with all of these; None asks for any. Days are half-open, in `zone`."""

    customer_id: UUID | None = None
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    channel: str | None = None
    kind: Kind | None = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["occurred_at", "position"]
EQUAL = ("lead_id", "campaign_id", "channel", "kind")

_JOINED = touchpoint_rows.outerjoin(touchpoint_private, touchpoint_private.c.touchpoint_id == touchpoint_rows.c.touchpoint_id)
_SHOWN = (*touchpoint_rows.c, touchpoint_private.c.private)


def get(connection: Connection, touchpoint_id: UUID) -> Row | None:
    query = select(*_SHOWN).select_from(_JOINED).where(touchpoint_rows.c.touchpoint_id == touchpoint_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _opened(dict(row))


def listing(
    connection: Connection,
    filter: Filter,
    *,
    sort: Sort = "occurred_at",
    descending: bool = True,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Touchpoints with their personal data under `private`. Raises MalformedCursor."""
    order = Order(touchpoint_rows.c[sort], touchpoint_rows.c.touchpoint_id, descending)
    found = page(connection, _filtered(filter), order, limit, cursor)
    return found._replace(rows=[_opened(row) for row in found.rows])


def _filtered(filter: Filter) -> Select[Any]:
    table = touchpoint_rows.c
    occurred = within(table.occurred_at, table.occurred_on, filter.occurred_from, filter.occurred_to, filter.zone)
    query = select(*_SHOWN).select_from(_JOINED).where(occurred)
    for name in EQUAL:
        if (value := getattr(filter, name)) is not None:
            query = query.where(table[name] == value)
    if filter.customer_id is not None:
        customers = same_customer(filter.customer_id)
        query = query.where(theirs(touchpoint_rows, customers, table.lead_id.in_(leads_of(customers))))
    return query


def _opened(row: Row) -> Row:
    shown = {name: value for name, value in row.items() if not name.startswith("utm_")}
    utm = {name: row[f"utm_{name}"] for name in UTM if row[f"utm_{name}"] is not None}
    private = row["private"] and msgspec.json.decode(row["private"])
    return shown | {"utm": utm or None, "private": private}


touchpoints = Projection(
    name="touchpoints",
    version=2,
    tables=(touchpoint_rows, touchpoint_private),
    apply=apply,
    reads=frozenset({type_name(Recorded), type_name(Erased), type_name(LeadErased)}),
)
