"""assignment_rules: the current assignment rules, the rotas of teams, and the work that waits for an agent of a team."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Text, Uuid, func, select

from domain.service.assignment_rule import AssignmentRule, Defined, Revised, Terms
from domain.service.rota import Left, Queued, Rota, TurnTaken
from domain.shared.events import Event, Recorded
from projections.shared.lists import Anything, Listing
from projections.shared.pages import Order, Page, page
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.registers import encode, fold_versions, opened
from projections.shared.rows import Instant, Row, Rows
from projections.shared.search import SORTED_TEXT
from projections.shared.tables import aggregates, table

rule_rows = aggregates(
    "assignment_rules",
    "rule_id",
    Column("code", SORTED_TEXT, nullable=False, index=True),
    Column("since", Instant, nullable=False),
    # The last terms; a retired rule keeps them here, but they are no longer in force.
    Column("terms", Text, nullable=False),
    Column("retired_at", Instant),
)
rota_rows = aggregates("rotas", "rota_id", Column("team", Text, nullable=False))
waiting_rows = table(
    "rota_waiting",
    Column("rota_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("team", Text, nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("position", BigInteger, nullable=False, index=True),
    Column("since", Instant, nullable=False),
)

_decode = msgspec.json.Decoder(Terms).decode

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    fold_versions(rule_rows, None, "terms", _terms, own(batch, AssignmentRule.events), rows)
    _apply_rotas(own(batch, Rota.events), rows)


def _terms(event: Event) -> str | None:
    return encode(event.terms).decode() if isinstance(event, Defined | Revised) else None


def _apply_rotas(turned: Sequence[Recorded], rows: Rows) -> None:
    rotas = rows.load(rota_rows, {recorded.stream for recorded in turned})
    waiting: dict[tuple[UUID, UUID], Row | None] = {}
    for recorded in turned:
        event, progress = recorded.event, {"position": recorded.position, "version": recorded.version}
        assert isinstance(event, TurnTaken | Queued | Left), "a rota has no other events"
        team = rotas[recorded.stream]["team"] if isinstance(event, Left) else event.team
        rotas[recorded.stream] = {"rota_id": recorded.stream, "team": team} | progress
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


RULES = Listing[Anything, str](rule_rows, Anything, "code", show=partial(opened, _decode, "terms"))
get, listing = RULES.get, RULES.listing


def in_force(connection: Connection) -> dict[UUID, Terms]:
    """The terms of every rule that is not retired."""
    query = select(rule_rows.c.rule_id, rule_rows.c.terms).where(rule_rows.c.retired_at.is_(None))
    return {row.rule_id: _decode(row.terms) for row in connection.execute(query)}


def rotas(connection: Connection) -> dict[str, int]:
    """The version of each team's rota, by team. A team without any rota event is missing."""
    return {row.team: row.version for row in connection.execute(select(rota_rows.c.team, rota_rows.c.version))}


def last_turn(connection: Connection) -> int:
    """The position of the last event of any rota; 0 if there is none."""
    return connection.execute(select(func.max(rota_rows.c.position))).scalar() or 0


def waiting(connection: Connection, *, limit: int = 50, cursor: str | None = None) -> Page:
    """The work that waits for an agent of a team, the longest waiting first. Raises MalformedCursor."""
    row = waiting_rows.c
    query = select(row.kind, row.id, row.team, row.rule, row.since, row.position)
    return page(connection, query, Order(row.position, row.id), limit, cursor)


def waits_for(connection: Connection, id: UUID) -> list[str]:
    """The teams that this ticket or lead waits for."""
    return list(connection.execute(select(waiting_rows.c.team).where(waiting_rows.c.id == id)).scalars())


def teams_with_waiting(connection: Connection) -> list[str]:
    """The teams that a ticket or lead waits for, in order of their codes."""
    return list(connection.execute(select(waiting_rows.c.team).distinct().order_by(waiting_rows.c.team)).scalars())


assignment_rules = Projection(
    name="assignment_rules",
    version=1,
    tables=(rule_rows, rota_rows, waiting_rows),
    apply=apply,
    reads=types(*AssignmentRule.events, *Rota.events),
)
