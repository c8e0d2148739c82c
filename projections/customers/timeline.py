"""customer_timeline: every event that concerns a customer, newest first, as one readable line each.

A row belongs to a subject that the event concerns. An order, ticket or lead may be linked to the customer only later: its
earlier events keep their rows and are found through `timeline_streams`, a narrow row per stream with its current customer.
Contacts with a lead before it became the customer are found in the same way. Rows hold types, numbers, money and codes, never
personal data.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Index,
    Integer,
    Select,
    Text,
    Uuid,
    exists,
    or_,
    select,
    union,
)

from domain.customers.feedback import events as feedback
from domain.customers.interaction import Logged
from domain.marketing import touchpoint
from domain.shared.events import Event, Recorded
from projections.shared.projection import Delivery, Projection, envelope
from projections.shared.readable import THINGS, line, plain_values
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import columns, table

moments = table(
    "customer_timeline",
    Column("subject", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("stream", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    *columns(Text, "type", "actor_type", "actor_id", nullable=False),
    Column("on_behalf_of", Text),
    Column("origin", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("occurred_precision", Text, nullable=False),
    Column("occurred_zone", Text),
    Column("recorded_at", Instant, nullable=False),
    *columns(Text, "irregular", "plain", nullable=False),
    # Whether the event itself names the subject. Such a row stays in the subject's timeline even if the stream moves on.
    Column("named", Boolean, nullable=False),
)
Index("ix_customer_timeline_stream", moments.c.stream, moments.c.position)
timeline_streams = table(
    "timeline_streams",
    Column("stream", Uuid, primary_key=True),
    Column("customer_id", Uuid, index=True),
    # The lead that an interaction or touchpoint was with, or that feedback is about.
    Column("lead_id", Uuid, index=True),
    *columns(Text, "number", "currency"),
)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    shown = [delivery for delivery in batch if _is_shown(delivery.recorded)]
    rows.insert(moments, [_row(d.recorded, subject) for d in shown for subject in sorted(d.here)])
    changing = [d.recorded for d in shown if d.at_home and _stream_values(d.recorded)]
    streams = rows.load(timeline_streams, {recorded.stream for recorded in changing})
    for recorded in changing:
        before = streams.get(recorded.stream, dict.fromkeys(("customer_id", "lead_id", "number", "currency")))
        streams[recorded.stream] = before | _stream_values(recorded) | {"stream": recorded.stream}
    rows.save(timeline_streams, list(streams.values()))


def _is_shown(recorded: Recorded) -> bool:
    return recorded.type.split(".")[1] in THINGS and not recorded.metadata.everyone


def _stream_values(recorded: Recorded) -> Row:
    """The values that the event sets for its whole stream: customer, lead, number and currency."""
    values = {name: getattr(recorded.event, name, None) for name in ("customer_id", "number", "currency")}
    values["lead_id"] = _lead(recorded.event)
    return {name: value for name, value in values.items() if value is not None}


def _lead(event: Event) -> UUID | None:
    match event:
        case Logged() | touchpoint.Recorded():
            return event.lead_id
        case feedback.Requested() | feedback.Submitted():
            return next((reference.id for reference in event.about if reference.kind == "lead"), None)
    return None


def _row(recorded: Recorded, subject: UUID) -> Row:
    metadata = recorded.metadata
    return {
        "subject": subject,
        **envelope(recorded),
        "occurred_zone": metadata.occurred_zone,
        "irregular": msgspec.json.encode(metadata.irregular).decode(),
        "plain": msgspec.json.encode(plain_values(recorded.event)).decode(),
        "named": subject in recorded.event.concerns(),
    }


# How it is queried

_SHOWN = [column for column in moments.c if column.name not in ("subject", "named")]


def timeline(
    connection: Connection, customer_ids: Collection[UUID], *, limit: int = 50, before: int | None = None
) -> list[Row]:
    """The latest events before position `before`, newest first, each with a line in `zh` and in `en`.

    The caller gives the ids of the customer and of everyone merged into them. An event that concerns several of them appears
    once.
    """
    found = union(
        _moments(_is_their_own(customer_ids), before),
        _moments(moments.c.stream.in_(_streams_of(customer_ids)), before),
    ).subquery()
    query = (
        select(found, timeline_streams.c.number, timeline_streams.c.currency)
        .outerjoin(timeline_streams, timeline_streams.c.stream == found.c.stream)
        .order_by(found.c.position.desc())
        .limit(limit)
    )
    return [_opened(dict(row)) for row in connection.execute(query).mappings()]


def _moments(condition: ColumnElement[bool], before: int | None) -> Select[Any]:
    query = select(*_SHOWN).where(condition)
    return query if before is None else query.where(moments.c.position < before)


def _is_their_own(customer_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Rows of the customers, without those of streams that belong to another customer now."""
    row, stream = moments.c, timeline_streams.c
    moved_away = exists().where(stream.stream == row.stream, stream.customer_id.not_in(customer_ids))
    return row.subject.in_(customer_ids) & or_(row.named, ~moved_away)


def _streams_of(customer_ids: Collection[UUID]) -> CompoundSelect[tuple[UUID]]:
    """Streams of the customers, and streams without a customer that belong to a lead of theirs."""
    row = timeline_streams.c
    own = select(row.stream).where(row.customer_id.in_(customer_ids))
    of_leads = select(row.stream).where(row.lead_id.in_(own), row.customer_id.is_(None))
    return own.union(of_leads)


def _opened(row: Row) -> Row:
    values, currency = msgspec.json.decode(row.pop("plain")), row.pop("currency")
    zh, en = line(row["type"], values, row["number"], currency)
    return row | {"irregular": msgspec.json.decode(row["irregular"]), "zh": zh, "en": en}


customer_timeline = Projection(name="customer_timeline", version=3, tables=(moments, timeline_streams), apply=apply)
