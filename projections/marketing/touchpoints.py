"""touchpoints: one narrow row per touchpoint, with its customer or lead, channel, campaign and time.

A row belongs to the touchpoint's subject: its customer, else its lead, or the touchpoint itself if only a visitor's id is
known. Visitor ids, click ids and UTM codes are in a separate table and are deleted when their subject is erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, tzinfo
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, ColumnElement, Date, Index, Text, Uuid

from domain.customers.customer.events import Erased
from domain.marketing.touchpoint import Kind, Recorded
from domain.sales.lead.events import Erased as LeadErased
from domain.shared.events import Recorded as Fact
from projections.customers.customer_leads import leads_of, rows_of_customers
from projections.customers.merging import same_customer
from projections.shared.lists import Listing
from projections.shared.occurred import own_day
from projections.shared.private import erased_in, personal, save_personal, with_personal
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.registers import encode
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import SORTED, columns, table

PRIVATE = ("anonymous_id", "click_ids", "utm")

touchpoint_rows = table(
    "touchpoints",
    Column("touchpoint_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False, index=True),
    *columns(Text, "channel", "kind", nullable=False),
    Column("customer_id", Uuid),
    Column("lead_id", Uuid, index=True),
    Column("campaign_id", Uuid, index=True),
    Column("occurred_at", Instant, nullable=False, info=SORTED),
    Column("occurred_on", Date),
)
Index("ix_touchpoints_customer", touchpoint_rows.c.customer_id, touchpoint_rows.c.occurred_at)
touchpoint_private = personal("touchpoint_private", "touchpoint_id")

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    touched = {recorded.stream: recorded for recorded in own(batch, (Recorded,))}
    rows.save(touchpoint_rows, [_row(fact) for fact in touched.values()])
    subjects, erased = {id: fact.metadata.subject for id, fact in touched.items()}, erased_in(batch)
    texts = {id: None if subjects[id] in erased else _private(fact) for id, fact in touched.items()}
    save_personal(rows, touchpoint_private, erased, texts, subjects)


def _row(fact: Fact) -> Row:
    event: Any = fact.event
    return {
        "touchpoint_id": fact.stream,
        "position": fact.position,
        **{name: getattr(event, name) for name in ("channel", "kind", "customer_id", "lead_id", "campaign_id")},
        "occurred_at": fact.metadata.occurred_at,
        "occurred_on": own_day(fact.metadata),
    }


def _private(fact: Fact) -> str | None:
    ids = {name: value for name in PRIVATE if (value := getattr(fact.event, name)) is not None}
    return encode(ids).decode() if ids else None


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Touchpoints with all of these values; None matches any. Ranges of days are half-open, in `zone`."""

    customer_id: UUID | None = None
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    channel: str | None = None
    kind: Kind | None = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["occurred_at", "position"]


def _of_customer(customer_id: UUID) -> ColumnElement[bool]:
    customers = same_customer(customer_id)
    return rows_of_customers(touchpoint_rows, customers, touchpoint_rows.c.lead_id.in_(leads_of(customers)))


def _opened(row: Row) -> Row:
    """The UTM codes are shown beside the other fields, as they were before they became personal."""
    private = msgspec.json.decode(row["private"] or "{}")
    utm = private.pop("utm", None)
    return {**row, "utm": utm, "private": private or None}


LISTED: Listing[Filter, Sort] = Listing(
    touchpoint_rows,
    Filter,
    "occurred_at",
    descending=True,
    query=with_personal(touchpoint_rows, touchpoint_private),
    show=_opened,
    rules={"customer_id": _of_customer},
)
get, listing = LISTED.get, LISTED.listing

touchpoints = Projection(
    name="touchpoints",
    version=3,
    tables=(touchpoint_rows, touchpoint_private),
    apply=apply,
    reads=types(Recorded, Erased, LeadErased),
)
