"""feedback: one row per request or submission, with how it was handled.

Comments, notes and resolutions are in a separate table and are deleted when their subject is erased. The first acknowledgement
counts, and the first resolution, by the time at which they occurred; the status is that of the last resolution or dismissal.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Literal, cast
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Date, FromClause, Index, Integer, LargeBinary, Table, Text, Uuid, select

from domain.customers.customer.events import Erased
from domain.customers.feedback.events import Acknowledged, ActionTaken, Dismissed, Requested, Resolved, Submitted
from domain.customers.feedback.feedback import Feedback
from domain.customers.feedback.values import End, Kind
from domain.shared.events import Metadata, Recorded
from projections.customers.customer_leads import leads_of, rows_of_customers
from projections.customers.feedback_figures import packed
from projections.customers.merging import Customers, same_customer
from projections.shared import entries
from projections.shared.entry import Entry
from projections.shared.lists import Listing, Rule, flag
from projections.shared.occurred import own_day
from projections.shared.rows import Instant, Row
from projections.shared.tables import INTERNAL, SORTED, columns, index_of_days

tables = entries.entries(
    "feedback",
    "feedback",
    Column("customer_id", Uuid),
    *columns(Text, "status", "kind", nullable=False),
    *columns(Text, "channel", "agent"),
    *columns(Integer, "score", "scale_min", "scale_max"),
    *columns(Text, "requested_kind", "requested_channel", "requested_agent"),
    Column("requested_at", Instant, info=SORTED),
    Column("requested_on", Date),
    Column("submitted_at", Instant, info=SORTED),
    Column("submitted_on", Date),
    *columns(Instant, "acknowledged_at", "resolved_at"),
    Column("ended", Text),
    Column("ended_at", Instant),
    # The time of the submission, or of the request if there is no submission; lists are sorted by it.
    Column("occurred_at", Instant, nullable=False, info=SORTED),
    Column("end_code", Text),
    # What reports read instead of the other columns.
    Column("figures", LargeBinary, nullable=False, info=INTERNAL),
    about=True,
)
for days in ("submitted_on", "requested_on"):
    index_of_days(tables.rows.c[days])
Index("ix_feedback_customer", tables.rows.c.customer_id, tables.rows.c.occurred_at)

# How events change it


def _fold(entry: Entry, recorded: Recorded) -> None:
    match event := recorded.event:
        case Requested():
            _request(entry.row, event, recorded.metadata)
            _name(entry, event)
        case Submitted():
            _submit(entry, event, recorded.metadata)
            _name(entry, event)
        case Acknowledged():
            _first(entry.row, "acknowledged_at", recorded.metadata.occurred_at)
        case ActionTaken():
            _act(entry, event, recorded)
        case Resolved():
            _first(entry.row, "resolved_at", recorded.metadata.occurred_at)
            _end(entry, "resolved", event.code, event.resolution, recorded.metadata.occurred_at)
        case Dismissed():
            _end(entry, "dismissed", event.reason, None, recorded.metadata.occurred_at)
    entry.row["status"] = _status(entry.row)
    entry.row["figures"] = packed(entry.row)


def _name(entry: Entry, event: Requested | Submitted) -> None:
    """Set the customer and what the feedback is about: the first customer stays, and references are added."""
    entry.row["customer_id"] = entry.row["customer_id"] or event.customer_id
    about = [*entry.lists["about"], *msgspec.to_builtins(list(event.about))]
    entry.lists["about"] = [other for place, other in enumerate(about) if other not in about[:place]]


def _request(row: Row, event: Requested, metadata: Metadata) -> None:
    row |= {
        "requested_kind": event.kind,
        "requested_channel": event.channel,
        "requested_agent": event.agent,
        "requested_at": metadata.occurred_at,
        "requested_on": own_day(metadata),
    }
    if row["submitted_at"] is None:
        row |= {
            "kind": event.kind,
            "channel": event.channel,
            "agent": event.agent,
            "occurred_at": metadata.occurred_at,
        }


def _submit(entry: Entry, event: Submitted, metadata: Metadata) -> None:
    row, scale = entry.row, event.scale
    row |= {
        "kind": event.kind,
        "channel": event.channel or row["requested_channel"],
        "agent": event.agent or row["requested_agent"],
        "score": event.score,
        "scale_min": scale and scale.min,
        "scale_max": scale and scale.max,
        "submitted_at": metadata.occurred_at,
        "submitted_on": own_day(metadata),
        "occurred_at": metadata.occurred_at,
    }
    entry.set_personal(comment=event.comment)


def _first(row: Row, name: str, at: datetime) -> None:
    row[name] = min(row[name] or at, at)


def _act(entry: Entry, event: ActionTaken, recorded: Recorded) -> None:
    taken = {"position": recorded.position, "taken_at": recorded.metadata.occurred_at, "code": event.code}
    entry.lists["actions"] = [*entry.lists["actions"], msgspec.to_builtins(taken)]
    if event.note is not None:
        entry.set_personal(notes=entry.private.get("notes", {}) | {str(recorded.position): event.note})


def _end(entry: Entry, end: End, code: str | None, resolution: str | None, at: datetime) -> None:
    if entry.row["ended_at"] is None or at >= entry.row["ended_at"]:
        entry.row |= {"ended": end, "ended_at": at, "end_code": code}
        entry.set_personal(resolution=resolution)


def _status(row: Row) -> str:
    if row["submitted_at"] is None:
        return "requested"
    return row["ended"] or ("submitted" if row["acknowledged_at"] is None else "acknowledged")


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Feedback with all of these values; None matches any. Ranges of days are half-open, in `zone`.

    `about` is the id of a thing that the feedback is about. `open` feedback was submitted and is not resolved or dismissed yet.
    Scores compare regardless of their scale; `score_to` includes its own value.
    """

    customer_id: UUID | None = None
    kind: Kind | None = None
    channel: str | None = None
    agent: str | None = None
    owner: str | None = None
    team: str | None = None
    status: Status | None = None
    tag: str | None = None
    about: UUID | None = None
    open: bool | None = None
    score_from: int | None = None
    score_to: int | None = None
    submitted_from: date | None = None
    submitted_to: date | None = None
    zone: tzinfo = UTC


Sort = Literal["occurred_at", "requested_at", "submitted_at", "position"]
Status = Literal["requested", "submitted", "acknowledged", "resolved", "dismissed"]

OPEN = ("submitted", "acknowledged")


def of_customers(customers: Customers) -> ColumnElement[bool]:
    """Feedback of these customers, and feedback without a customer about a lead that became one of them."""
    about = cast(Table, tables.about).c
    of_leads = select(about.feedback_id).where(about.kind == "lead", about.id.in_(leads_of(customers)))
    return rows_of_customers(tables.rows, customers, tables.key.in_(of_leads))


def of_lead(row: FromClause, lead_id: Column[UUID]) -> ColumnElement[bool]:
    """Whether the feedback is about this lead, which the query around this condition names."""
    about = cast(Table, tables.about).c
    of_it = select(about.feedback_id).where(about.kind == "lead", about.id == lead_id)
    return row.c.feedback_id.in_(of_it.correlate(lead_id.table))


RULES: dict[str, Rule] = {
    "customer_id": lambda customer_id: of_customers(same_customer(customer_id)),
    "open": flag(tables.rows.c.status.in_(OPEN)),
    "score_to": lambda score: tables.rows.c.score <= score,
}
LISTED: Listing[Filter, Sort] = tables.listing(Filter, "occurred_at", rules=RULES)
get, listing = LISTED.get, LISTED.listing

feedback = tables.projection(5, Feedback.events, _fold, Erased, actions=[])
