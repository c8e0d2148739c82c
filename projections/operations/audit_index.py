"""audit_index: who did what, and when. One narrow row per event, with an index for each filter that auditors use.

The partition of an event's subject writes the event's row. Each further subject that the event concerns has a row with only the
event's position. All columns are metadata (ids, codes and times), so rows do not change when a subject is erased.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Select,
    Text,
    Uuid,
    func,
    select,
    text,
    union_all,
)

from domain.shared.aggregate import FUTURE_TOLERANCE
from domain.shared.events import Origin, Recorded
from projections.shared import names
from projections.shared.choices import ACTOR_TYPES, ORIGINS, PRECISIONS, Choice
from projections.shared.lists import Criteria
from projections.shared.pages import LIMIT, Page
from projections.shared.projection import Delivery, Projection, envelope
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import POSITION, columns, table

acts = table(
    "audit_index",
    Column("position", POSITION, primary_key=True, autoincrement=False),
    *columns(Uuid, "stream", "subject", nullable=False),
    *columns(Instant, "recorded_at", "occurred_at", nullable=False),
    # The numbers of two names in `audit_names`: the type of the event, and the id of its actor.
    *columns(BigInteger, "type", "actor", nullable=False),
    Column("version", Integer, nullable=False),
    Column("actor_type", Choice(ACTOR_TYPES), nullable=False),
    Column("occurred_precision", Choice(PRECISIONS), nullable=False),
    Column("origin", Choice(ORIGINS), nullable=False),
    *columns(Uuid, "correlation_id", "causation_id"),
    *columns(Text, "on_behalf_of", "source_system"),
    # The rules that the event broke, as a JSON list; null if it broke none.
    Column("irregular", Text),
)
audit_names = names.table("audit_names")
audit_concerns = table(
    "audit_concerns",
    Column("subject", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    narrow=True,
)
# What most events have in common with few others. PostgreSQL stores each value once if the index has nothing else.
FEW = ("stream", "subject")
INDEXED = ("type", "actor", "origin", "occurred_at")
# Most events have none of these: a partial index costs nothing for such events.
FEW_IF_ANY, IF_ANY = ("correlation_id", "causation_id"), ("on_behalf_of", "source_system")
for name in (*FEW, *INDEXED, *FEW_IF_ANY, *IF_ANY):
    key = (acts.c[name],) if name in FEW + FEW_IF_ANY else (acts.c[name], acts.c.position)
    given = text(f"{name} IS NOT NULL") if acts.c[name].nullable else None
    Index(f"ix_audit_index_{name}", *key, postgresql_where=given, sqlite_where=given)
# The filter looks for one rule in a list of rules, so a query reads all lists, in the order of its result.
broken = text("irregular IS NOT NULL")
Index("ix_audit_index_irregular", acts.c.position, acts.c.irregular, postgresql_where=broken, sqlite_where=broken)

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    own = [delivery.recorded for delivery in batch if delivery.at_home]
    names.keep(rows, audit_names, {name for recorded in own for name in (recorded.type, recorded.metadata.actor.id)})
    rows.insert(acts, [_row(recorded) for recorded in own])
    rows.insert(
        audit_concerns,
        [
            {"subject": subject, "position": recorded.position}
            for recorded, here in batch
            for subject in sorted(here - {recorded.metadata.subject})
        ],
    )


def _row(recorded: Recorded) -> Row:
    metadata = recorded.metadata
    return {
        **envelope(recorded),
        "type": names.number(recorded.type),
        "actor": names.number(metadata.actor.id),
        "subject": metadata.subject,
        "correlation_id": metadata.correlation_id,
        "causation_id": metadata.causation_id,
        "source_system": metadata.source and metadata.source.system,
        "irregular": msgspec.json.encode(metadata.irregular).decode() if metadata.irregular else None,
    }


# How it is queried


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Events that match all of these; None matches any. Time ranges are half-open.

    `subject` matches events of this subject and events that also concern it; `irregular` is one rule.
    """

    types: frozenset[str] | None = None
    stream: UUID | None = None
    subject: UUID | None = None
    actor_id: str | None = None
    on_behalf_of: str | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    origin: Origin | None = None
    source_system: str | None = None
    irregular: str | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None


Sort = Literal["position"]


def listing(
    connection: Connection, filter: Filter, *, descending: bool = True, limit: int = 50, after: int | None = None
) -> Page:
    """Events in the order of their positions, beginning after `after`; the cursor of the next page is a position."""
    limit, position = max(1, min(limit, LIMIT)), acts.c.position
    conditions = [*CRITERIA.of(filter), *_recorded_within(connection, filter.recorded_from, filter.recorded_to)]
    query = select(acts).where(*conditions).order_by(position.desc() if descending else position)
    if after is not None:
        query = query.where(position < after if descending else position > after)
    found = connection.execute(query.limit(limit + 1)).all()
    known = names.of(connection, audit_names, {number for row in found for number in (row.type, row.actor)})
    following = str(found[limit - 1].position) if len(found) > limit else None
    return Page([_opened(row, known) for row in found[:limit]], following)


def _recorded_within(connection: Connection, from_: datetime | None, to: datetime | None) -> Iterator[ColumnElement[bool]]:
    """Bounds of the positions with what was recorded in this range. Times of recording rise with positions.

    In a log of earlier versions, a time may fall by as much as the clocks of two workers differed.
    """
    if from_ is not None:
        yield acts.c.position > _recorded_before(connection, from_, -FUTURE_TOLERANCE)
    if to is not None:
        yield acts.c.position <= _recorded_before(connection, to, FUTURE_TOLERANCE)


def _recorded_before(connection: Connection, moment: datetime, shift: timedelta) -> int:
    """The position before the first event that was recorded at this moment or later."""

    def recorded(position: int) -> datetime:
        query = select(acts.c.recorded_at).where(acts.c.position > position).order_by(acts.c.position).limit(1)
        found: datetime = connection.execute(query).scalar_one()
        return found

    last: int = connection.execute(select(func.max(acts.c.position))).scalar() or 0
    try:
        return bisect_left(range(last), moment + shift, key=recorded)
    except OverflowError:
        return 0 if shift < timedelta() else last


def _positions_of(subject: UUID) -> Select[Any]:
    own = select(acts.c.position).where(acts.c.subject == subject)
    concerned = select(audit_concerns.c.position).where(audit_concerns.c.subject == subject)
    found = union_all(own, concerned).subquery()
    return select(found.c.position)


def _broke(rule: str) -> ColumnElement[bool]:
    irregular = acts.c.irregular
    return irregular.is_not(None) & irregular.contains(f'"{rule}"', autoescape=True)


CRITERIA = Criteria(
    acts,
    Filter,
    {
        "types": lambda types: acts.c.type.in_(sorted(map(names.number, types))),
        "actor_id": lambda actor: acts.c.actor == names.number(actor),
        "subject": lambda subject: acts.c.position.in_(_positions_of(subject)),
        "irregular": _broke,
    },
)


SHOWN = (
    *("position", "type", "stream", "version", "subject", "actor_type", "actor_id", "on_behalf_of", "recorded_at"),
    *("occurred_at", "occurred_precision", "correlation_id", "causation_id", "origin", "source_system", "irregular"),
)


def _opened(row: Any, known: Mapping[int, str]) -> Row:
    values = row._asdict()
    values |= {"type": known[row.type], "actor_id": known[row.actor]}
    values["irregular"] = msgspec.json.decode(row.irregular) if row.irregular else []
    return {name: values[name] for name in SHOWN}


audit_index = Projection(name="audit_index", version=3, tables=(acts, audit_concerns, audit_names), apply=apply)
