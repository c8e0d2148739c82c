"""customer_timeline: every event that concerns a customer, newest first, as one readable line each.

A row belongs to a subject that the event concerns. An order, ticket or lead may be linked to the customer only later: its
earlier events keep their rows and are found through `timeline_streams`, a narrow row per stream with its current customer.
Contacts with a lead before it became the customer are found in the same way. Rows hold types, numbers, money and codes, never
personal data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
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
from projections.shared import names
from projections.shared.projection import Delivery, Projection, envelope
from projections.shared.readable import THINGS, line, plain_values
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import columns, table

moments = table(
    "customer_timeline",
    Column("subject", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("stream", Uuid, nullable=False, index=True),
    *columns(Instant, "occurred_at", "recorded_at", nullable=False),
    # The numbers of two names in `timeline_names`: see `_kind`, and the id of the actor.
    *columns(BigInteger, "kind", "actor", nullable=False),
    Column("version", Integer, nullable=False),
    # Whether the event itself names the subject. Such a row stays in the subject's timeline even if the stream moves on.
    Column("named", Boolean, nullable=False),
    Column("on_behalf_of", Text),
    # The rules that the event broke, and the values of its line, as JSON; null if there are none.
    *columns(Text, "irregular", "plain"),
    narrow=True,
)
timeline_streams = table(
    "timeline_streams",
    Column("stream", Uuid, primary_key=True),
    Column("customer_id", Uuid, index=True),
    # The lead that an interaction or touchpoint was with, or that feedback is about.
    Column("lead_id", Uuid, index=True),
    *columns(Text, "number", "currency"),
    narrow=True,
)
timeline_names = names.table("timeline_names")

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    shown = [delivery for delivery in batch if _is_shown(delivery.recorded)]
    names.keep(rows, timeline_names, {name for d in shown for name in (_kind(d.recorded), d.recorded.metadata.actor.id)})
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


def _kind(recorded: Recorded) -> str:
    """What few events have alone, as one name: their type, and how they came about."""
    metadata = recorded.metadata
    return _dumped((recorded.type, metadata.actor.type, metadata.origin, metadata.occurred_precision, metadata.occurred_zone))


def _row(recorded: Recorded, subject: UUID) -> Row:
    metadata, plain = recorded.metadata, plain_values(recorded.event)
    return {
        "subject": subject,
        **envelope(recorded),
        "kind": names.number(_kind(recorded)),
        "actor": names.number(metadata.actor.id),
        "irregular": _dumped(metadata.irregular) if metadata.irregular else None,
        "plain": _dumped(plain) if plain else None,
        "named": subject in recorded.event.concerns(),
    }


def _dumped(value: Any) -> str:
    return msgspec.json.encode(value).decode()


# How it is queried

_SHOWN = [column for column in moments.c if column.name not in ("subject", "named")]


class By(NamedTuple):
    """The events up to the position `upto`, of what had happened by `effective_at`; None is no bound."""

    upto: int | None = None
    effective_at: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.upto is not None:
            yield moments.c.position <= self.upto
        if self.effective_at is not None:
            yield moments.c.occurred_at <= self.effective_at


ALL = By()


def timeline(
    connection: Connection, customer_ids: Collection[UUID], *, limit: int = 50, before: int | None = None, by: By = ALL
) -> list[Row]:
    """The latest events before position `before`, newest first, each with a line in `zh` and in `en`.

    The caller gives the ids of the customer and of everyone merged into them. An event that concerns several of them appears
    once.
    """
    earlier = () if before is None else (moments.c.position < before,)
    found = of_customers(customer_ids, _SHOWN, *earlier, *by.conditions()).subquery()
    query = (
        select(found, timeline_streams.c.number, timeline_streams.c.currency)
        .outerjoin(timeline_streams, timeline_streams.c.stream == found.c.stream)
        .order_by(found.c.position.desc())
        .limit(limit)
    )
    rows = connection.execute(query).all()
    known = names.of(connection, timeline_names, {number for row in rows for number in (row.kind, row.actor)})
    return [_opened(row, known) for row in rows]


def of_customers(
    customer_ids: Collection[UUID], shown: Sequence[Column[Any]], *conditions: ColumnElement[bool]
) -> CompoundSelect[Any]:
    """These columns of the customers' events that meet the conditions. Rows that are the same appear once."""
    mine = _is_their_own(customer_ids), moments.c.stream.in_(streams_of(customer_ids))
    return union(*(select(*shown).where(one, *conditions) for one in mine))


def _is_their_own(customer_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Rows of the customers, without those of streams that belong to another customer now."""
    row, stream = moments.c, timeline_streams.c
    moved_away = exists().where(stream.stream == row.stream, stream.customer_id.not_in(customer_ids))
    return row.subject.in_(customer_ids) & or_(row.named, ~moved_away)


def streams_of(customer_ids: Collection[UUID]) -> CompoundSelect[tuple[UUID]]:
    """Streams of the customers, and streams without a customer that belong to a lead of theirs."""
    row = timeline_streams.c
    own = select(row.stream).where(row.customer_id.in_(customer_ids))
    of_leads = select(row.stream).where(row.lead_id.in_(own), row.customer_id.is_(None))
    return own.union(of_leads)


def _opened(row: Any, known: Mapping[int, str]) -> Row:
    type, actor_type, origin, precision, zone = msgspec.json.decode(known[row.kind])
    zh, en = line(type, msgspec.json.decode(row.plain) if row.plain else {}, row.number, row.currency)
    return {
        "position": row.position,
        "stream": row.stream,
        "version": row.version,
        "type": type,
        "actor_type": actor_type,
        "actor_id": known[row.actor],
        "on_behalf_of": row.on_behalf_of,
        "origin": origin,
        "occurred_at": row.occurred_at,
        "occurred_precision": precision,
        "occurred_zone": zone,
        "recorded_at": row.recorded_at,
        "irregular": msgspec.json.decode(row.irregular) if row.irregular else [],
        "number": row.number,
        "zh": zh,
        "en": en,
    }


customer_timeline = Projection(
    name="customer_timeline", version=4, tables=(moments, timeline_streams, timeline_names), apply=apply
)
