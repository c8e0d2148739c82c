"""interactions: every contact that was logged, as it stands after corrections.

Texts, participants and message ids lie apart: they go when their subject is erased, and at once when they are redacted. What
was retracted stays to be looked at, and is in no count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, tzinfo
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Date, Index, Integer, Text, Uuid

from domain.customers.customer import events as customer
from domain.customers.interaction import TEXTS, Channel, Corrected, Direction, Interaction, Logged, Redacted, Retracted
from domain.sales.lead import events as lead
from domain.shared.events import Recorded, type_name
from projections.customers.customer_leads import leads_of, theirs
from projections.customers.merging import Customers, same_customer
from projections.shared import entries
from projections.shared.entry import Entry
from projections.shared.occurred import own_day, within
from projections.shared.pages import Page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows

tables = entries.entries(
    "interaction",
    "interactions",
    Column("customer_id", Uuid),
    Column("lead_id", Uuid, index=True),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("agent", Text),
    Column("duration_seconds", Integer),
    Column("thread_id", Text, index=True),
    Column("occurred_at", Instant, nullable=False, index=True),
    Column("occurred_on", Date),
    Column("redacted_at", Instant),
    Column("retracted_at", Instant),
    about=True,
)
Index("ix_interactions_customer", tables.rows.c.customer_id, tables.rows.c.occurred_at)

# How events change it

PLAIN = ("channel", "direction", "agent", "duration_seconds", "thread_id")


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    entries.apply_to(tables, tuple(Interaction.events), _fold, batch, rows)


def _fold(entry: Entry, recorded: Recorded) -> None:
    event, told = recorded.event, recorded.metadata
    if isinstance(event, Logged):
        entry.row |= {
            "customer_id": event.customer_id,
            "lead_id": event.lead_id,
            "occurred_at": told.occurred_at,
            "occurred_on": own_day(told),
        }
        _tell(entry, {name: getattr(event, name) for name in (*PLAIN, *TEXTS, "about")})
    elif isinstance(event, Corrected):
        _tell(entry, event.changes())
    elif isinstance(event, Redacted):
        entry.row["redacted_at"] = told.occurred_at
        entry.say(**dict.fromkeys(TEXTS), files=None)
    elif isinstance(event, Retracted):
        entry.row["retracted_at"] = told.occurred_at


def _tell(entry: Entry, told: Mapping[str, Any]) -> None:
    entry.row |= {name: told[name] for name in PLAIN if name in told}
    entry.say(**{name: told[name] for name in TEXTS if name in told})
    if "about" in told:
        entry.lists["about"] = msgspec.to_builtins(list(told["about"]))


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Interactions with all of these; None asks for any. Days are half-open, in `zone`. `about` is something's id."""

    customer_id: UUID | None = None
    lead_id: UUID | None = None
    channel: Channel | None = None
    direction: Direction | None = None
    agent: str | None = None
    owner: str | None = None
    team: str | None = None
    thread_id: str | None = None
    tag: str | None = None
    about: UUID | None = None
    retracted: bool | None = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["occurred_at", "position"]
EQUAL = ("lead_id", "channel", "direction", "agent", "owner", "team", "thread_id", "tag", "about")


def of_customers(customers: Customers) -> ColumnElement[bool]:
    """Interactions with these customers, and with what were only leads of theirs then."""
    return theirs(tables.rows, customers, tables.rows.c.lead_id.in_(leads_of(customers)))


def get(connection: Connection, interaction_id: UUID) -> Row | None:
    return entries.get(connection, tables, interaction_id)


def listing(
    connection: Connection,
    filter: Filter,
    *,
    sort: Sort = "occurred_at",
    descending: bool = True,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Interactions with their personal data under `private`. Raises MalformedCursor."""
    row = tables.rows.c
    conditions = entries.equal(tables, {name: getattr(filter, name) for name in EQUAL})
    conditions.append(within(row.occurred_at, row.occurred_on, filter.occurred_from, filter.occurred_to, filter.zone))
    if filter.customer_id is not None:
        conditions.append(of_customers(same_customer(filter.customer_id)))
    if filter.retracted is not None:
        conditions.append(row.retracted_at.is_not(None) if filter.retracted else row.retracted_at.is_(None))
    return entries.listing(connection, tables, conditions, sort=sort, descending=descending, limit=limit, cursor=cursor)


interactions = Projection(
    name="interactions",
    version=2,
    tables=tables.tables,
    apply=apply,
    reads=frozenset(type_name(event) for event in (*Interaction.events, customer.Erased, lead.Erased)),
)
