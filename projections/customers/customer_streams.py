"""Everything that ever concerned a customer, as positions in the log: what their dealings are folded from as of a moment.

It is found through the timeline, which has a row for each event and each subject that it concerns. It has things that
are linked to the customer later, or belong to another customer now: only the fold shows whose they were at the moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Connection, bindparam, or_, select

from projections.customers.customers import customers
from projections.customers.merging import EVERYONE, merged_into, of_everyone
from projections.customers.timeline import By, moments, streams_of, timeline_names, timeline_streams
from projections.shared import names
from projections.shared.rows import Instant

LAST, LAST_MOMENT = 2**63 - 1, datetime.max.replace(tzinfo=UTC)
ERASURES = ("crm.customer.erased.", "crm.lead.erased.")
MERGES = ("crm.customer.merged.", "crm.customer.unmerged.")


class Place(NamedTuple):
    """An event's place in the log and in its stream."""

    position: int
    stream: UUID
    version: int


def ever_merged(connection: Connection, customer_id: UUID) -> set[UUID]:
    """The customer, and everyone who is or was merged into them, directly or through others."""
    found: set[UUID] = set()
    fresh = {customer_id, *merged_into(connection, customer_id)}
    while fresh:
        found |= fresh
        fresh = set(_merged_into_one_of(connection, fresh)) - found
    return found


def places(connection: Connection, everyone: Collection[UUID], by: By, limit: int) -> list[Place]:
    """The events of everything that ever concerned these customers, in the order of the log; at most `limit`.

    A thing begins with its first event: if `by` leaves that out, it leaves out the whole thing.
    """
    upto, effective_at = LAST if by.upto is None else by.upto, by.effective_at or LAST_MOMENT
    query = _EVENTS.params(upto=upto, effective_at=effective_at, limit=limit)
    streams = _streams(connection, everyone)
    found = sorted(Place(*row) for row in of_everyone(connection, query, streams))
    begun = {place.stream for place in found if place.version == 1}
    erasures = _erasures(connection, streams, everyone, upto, effective_at)
    return sorted({*erasures, *(place for place in found if place.stream in begun)})[:limit]


def _erasures(
    connection: Connection, streams: Collection[UUID], everyone: Collection[UUID], upto: int, effective_at: datetime
) -> Iterator[Place]:
    """The erasures in other streams that erased a subject of these streams: the survivor's, an earlier customer's, a lead's."""
    subjects = {row.subject for row in of_everyone(connection, _SUBJECTS, streams)}.union(everyone)
    rows = [
        row
        for row in of_everyone(connection, _OF_SUBJECTS, subjects)
        if row.stream not in streams and row.position <= upto and row.occurred_at <= effective_at
    ]
    kinds = names.of(connection, timeline_names, {row.kind for row in rows})
    return (Place(row.position, row.stream, row.version) for row in rows if _is(kinds[row.kind], *ERASURES))


def _streams(connection: Connection, everyone: Collection[UUID]) -> set[UUID]:
    """The streams that ever concerned these customers, without those of other customers."""
    found = {row.stream for row in of_everyone(connection, _CONCERNED, everyone)}
    found |= set(connection.scalars(streams_of(everyone)))
    found |= {row.stream for row in of_everyone(connection, _OF_LEADS, found)}
    others = {row.customer_id for row in of_everyone(connection, _CUSTOMERS, found)}
    return found - others.difference(everyone)


def _merged_into_one_of(connection: Connection, customer_ids: Collection[UUID]) -> Iterator[UUID]:
    rows = [row for row in of_everyone(connection, _OF_SUBJECTS, customer_ids) if row.stream not in customer_ids]
    kinds = names.of(connection, timeline_names, {row.kind for row in rows})
    return (row.stream for row in rows if _is(kinds[row.kind], *MERGES))


def _is(kind: str, *types: str) -> bool:
    type: str = msgspec.json.decode(kind)[0]
    return type.startswith(types)


# These queries run for each step of a slider. They are built once, because building one costs more than running it.
_EVENTS = (
    select(moments.c.position, moments.c.stream, moments.c.version)
    .distinct()
    .where(
        moments.c.stream.in_(EVERYONE),
        moments.c.position <= bindparam("upto", type_=BigInteger()),
        moments.c.occurred_at <= bindparam("effective_at", type_=Instant()),
    )
    .order_by(moments.c.position)
    .limit(bindparam("limit", type_=BigInteger()))
)
_CONCERNED = select(moments.c.stream).distinct().where(moments.c.subject.in_(EVERYONE))
_OF_LEADS = select(timeline_streams.c.stream).where(timeline_streams.c.lead_id.in_(EVERYONE))
_SUBJECTS = select(moments.c.subject).distinct().where(moments.c.stream.in_(EVERYONE))
# The events in the subjects' own streams and in those of customers: among them are all merges and erasures.
_OF_SUBJECTS = select(*(moments.c[name] for name in ("position", "stream", "version", "kind", "occurred_at"))).where(
    moments.c.subject.in_(EVERYONE),
    or_(moments.c.stream == moments.c.subject, moments.c.stream.in_(select(customers.c.customer_id))),
)
_CUSTOMERS = select(customers.c.customer_id).where(customers.c.customer_id.in_(EVERYONE))
