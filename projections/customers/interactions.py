"""interactions: every logged interaction, with its corrections applied.

Texts, participants and the ids of messages and threads are in separate tables. They are deleted when they are redacted or
their subject is erased. A retracted interaction stays readable but does not count anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, tzinfo
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Date, FromClause, Index, Integer, Text, Uuid

from domain.customers.customer import events as customer
from domain.customers.interaction import TEXTS, Channel, Corrected, Direction, Interaction, Logged, Redacted, Retracted
from domain.sales.lead import events as lead
from domain.shared.events import Recorded
from projections.customers.customer_leads import leads_of, rows_of_customers
from projections.customers.merging import Customers, same_customer
from projections.shared import entries
from projections.shared.entry import Entry
from projections.shared.lists import Listing
from projections.shared.occurred import own_day
from projections.shared.rows import Instant, Row
from projections.shared.tables import SORTED, columns

tables = entries.entries(
    "interaction",
    "interactions",
    Column("customer_id", Uuid),
    Column("lead_id", Uuid, index=True),
    *columns(Text, "channel", "direction", nullable=False),
    Column("agent", Text),
    Column("duration_seconds", Integer),
    Column("occurred_at", Instant, nullable=False, info=SORTED),
    Column("occurred_on", Date),
    *columns(Instant, "redacted_at", "retracted_at"),
    about=True,
    searched="thread_id",
)
Index("ix_interactions_customer", tables.rows.c.customer_id, tables.rows.c.occurred_at)

# How events change it

PLAIN = ("channel", "direction", "agent", "duration_seconds")


def _fold(entry: Entry, recorded: Recorded) -> None:
    event, metadata = recorded.event, recorded.metadata
    if isinstance(event, Logged):
        entry.row |= {
            "customer_id": event.customer_id,
            "lead_id": event.lead_id,
            "occurred_at": metadata.occurred_at,
            "occurred_on": own_day(metadata),
        }
        _set(entry, {name: getattr(event, name) for name in (*PLAIN, *TEXTS, "about")})
    elif isinstance(event, Corrected):
        _set(entry, event.changes())
    elif isinstance(event, Redacted):
        entry.row["redacted_at"] = metadata.occurred_at
        entry.set_personal(**dict.fromkeys(TEXTS), files=None)
    elif isinstance(event, Retracted):
        entry.row["retracted_at"] = metadata.occurred_at


def _set(entry: Entry, given: Mapping[str, Any]) -> None:
    entry.row |= {name: given[name] for name in PLAIN if name in given}
    entry.set_personal(**{name: given[name] for name in TEXTS if name in given})
    if "about" in given:
        entry.lists["about"] = msgspec.to_builtins(list(given["about"]))


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Interactions with all of these values; None matches any. Ranges of days are half-open, in `zone`.

    `about` is the id of a thing that the interaction is about.
    """

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


def of_customers(customers: Customers) -> ColumnElement[bool]:
    """Interactions with these customers, and with leads before they became these customers."""
    return rows_of_customers(tables.rows, customers, tables.rows.c.lead_id.in_(leads_of(customers)))


def of_lead(row: FromClause, lead_id: Column[UUID]) -> ColumnElement[bool]:
    """Whether the interaction was with this lead, which the query around this condition names."""
    return row.c.lead_id == lead_id


def _opened(row: Row) -> Row:
    """The id of the thread is shown beside the other fields, as it was before it became personal."""
    private = dict(row["private"] or {})
    thread_id = private.pop("thread_id", None)
    return {**row, "thread_id": thread_id, "private": private or None}


LISTED: Listing[Filter, Sort] = tables.listing(
    Filter,
    "occurred_at",
    show=_opened,
    rules={"customer_id": lambda customer_id: of_customers(same_customer(customer_id))},
)
get, listing = LISTED.get, LISTED.listing

interactions = tables.projection(3, Interaction.events, _fold, customer.Erased, lead.Erased)
