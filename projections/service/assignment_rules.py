"""assignment_rules: by which rules work is given to whom, as each says it now, and what waits for somebody of a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, Uuid, func, select

from domain.service.assignment_rule import AssignmentRule, Defined, Retired, Revised, Terms
from domain.service.rota import Left, Queued, Rota, TurnTaken
from domain.shared.events import Event, Recorded, type_name
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT

metadata = MetaData()

RULE_EVENTS: tuple[type[Event], ...] = tuple(AssignmentRule.events)
ROTA_EVENTS: tuple[type[Event], ...] = tuple(Rota.events)

rule_rows = Table(
    "assignment_rules",
    metadata,
    Column("rule_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("since", Instant, nullable=False),
    # The last terms that there were; a rule that was retired has them no more.
    Column("terms", Text, nullable=False),
    Column("retired_at", Instant),
)
rota_rows = Table(
    "rotas",
    metadata,
    Column("rota_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("team", Text, nullable=False),
)
waiting_rows = Table(
    "rota_waiting",
    metadata,
    Column("rota_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("team", Text, nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("position", BigInteger, nullable=False, index=True),
    Column("since", Instant, nullable=False),
)

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Terms).decode

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    ours = [d.recorded for d in batch if d.at_home]
    told = [recorded for recorded in ours if isinstance(recorded.event, RULE_EVENTS)]
    known = rows.load(rule_rows, {recorded.stream for recorded in told})
    for recorded in told:
        known[recorded.stream] = _after(known.get(recorded.stream, {}), recorded)
    rows.save(rule_rows, list(known.values()))
    _apply_rotas([recorded for recorded in ours if isinstance(recorded.event, ROTA_EVENTS)], rows)


def _after(before: Row, recorded: Recorded) -> Row:
    event, since = recorded.event, recorded.metadata.occurred_at
    told: Row = {"rule_id": recorded.stream, "version": recorded.version, "position": recorded.position}
    if before and since < before["since"]:
        return before | told
    if isinstance(event, Retired):
        return before | told | {"since": since, "retired_at": since}
    assert isinstance(event, Defined | Revised), "there are no other events of rules"
    code = event.code if isinstance(event, Defined) else before["code"]
    return told | {"code": code, "since": since, "terms": _encode(event.terms).decode(), "retired_at": None}


def _apply_rotas(turned: Sequence[Recorded], rows: Rows) -> None:
    rotas = rows.load(rota_rows, {recorded.stream for recorded in turned})
    waiting: dict[tuple[UUID, UUID], Row | None] = {}
    for recorded in turned:
        event, come = recorded.event, {"position": recorded.position, "version": recorded.version}
        assert isinstance(event, TurnTaken | Queued | Left), "there are no other events of rotas"
        team = rotas[recorded.stream]["team"] if isinstance(event, Left) else event.team
        rotas[recorded.stream] = {"rota_id": recorded.stream, "team": team} | come
        waiting[recorded.stream, event.given.id] = _queued(recorded, event) if isinstance(event, Queued) else None
    rows.save(rota_rows, list(rotas.values()))
    rows.remove(waiting_rows, list(waiting))
    rows.insert(waiting_rows, [row for row in waiting.values() if row is not None])


def _queued(recorded: Recorded, event: Queued) -> Row:
    return {
        "id": event.given.id,
        "kind": event.given.kind,
        "rota_id": recorded.stream,
        "team": event.team,
        "rule": event.rule,
        "position": recorded.position,
        "since": recorded.metadata.occurred_at,
    }


# How it is queried


def get(connection: Connection, rule_id: UUID) -> Row | None:
    """The rule as it stands; `retired_at` is None where it is in force."""
    row = connection.execute(select(rule_rows).where(rule_rows.c.rule_id == rule_id)).mappings().first()
    return None if row is None else _shown(row)


def listing(connection: Connection, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Rules in the order of their codes, retired ones too. Raises MalformedCursor."""
    found = page(connection, select(rule_rows), Order(rule_rows.c.code, rule_rows.c.rule_id), limit, cursor)
    return Page([_shown(row) for row in found.rows], found.next)


def in_force(connection: Connection) -> dict[UUID, Terms]:
    """The terms of every rule that is not retired."""
    query = select(rule_rows.c.rule_id, rule_rows.c.terms).where(rule_rows.c.retired_at.is_(None))
    return {row.rule_id: _decode(row.terms) for row in connection.execute(query)}


def rotas(connection: Connection) -> dict[str, int]:
    """The version of every team's rota; a team that was given nothing yet has none."""
    return {row.team: row.version for row in connection.execute(select(rota_rows.c.team, rota_rows.c.version))}


def last_turn(connection: Connection) -> int:
    """The position of the last event of any rota, 0 where there is none."""
    return connection.execute(select(func.max(rota_rows.c.position))).scalar() or 0


def waiting(connection: Connection, *, limit: int = 50, cursor: str | None = None) -> Page:
    """What waits for somebody of a team, the longest first. Raises MalformedCursor."""
    row = waiting_rows.c
    query = select(row.kind, row.id, row.team, row.rule, row.since, row.position)
    return page(connection, query, Order(row.position, row.id), limit, cursor)


def anything_waits(connection: Connection) -> bool:
    return connection.execute(select(waiting_rows.c.id).limit(1)).first() is not None


def _shown(row: Mapping[Any, Any]) -> Row:
    terms = _decode(row["terms"])
    told = {name: row[name] for name in ("rule_id", "version", "position", "code", "since", "retired_at")}
    return told | {name: msgspec.to_builtins(getattr(terms, name)) for name in terms.__struct_fields__}


assignment_rules = Projection(
    name="assignment_rules",
    version=1,
    tables=(rule_rows, rota_rows, waiting_rows),
    apply=apply,
    reads=frozenset(map(type_name, RULE_EVENTS + ROTA_EVENTS)),
)
