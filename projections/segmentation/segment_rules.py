"""The segment rules at every position. The labels by rule of all customers depend on them and on the last ended day.

A row is the state of a rule after one of its events; it never changes. Every partition writes the same rows. At a position, a
partition reads only the rows before that position, so it never sees rows that another partition wrote ahead of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs
from sqlalchemy import BigInteger, Column, Connection, Select, Table, Text, Uuid, bindparam, func, select

from domain.segmentation import segment_expression
from domain.segmentation.segment_expression import Expression, parsed
from domain.segmentation.segment_rule import SegmentRule
from domain.shared.events import Event, Recorded
from projections.shared.rows import Row, Rows
from projections.shared.tables import table

rule_states = table(
    "segment_rules",
    Column("rule_id", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("state", Text, nullable=False),
)
TABLES = (rule_states,)

EVENTS: tuple[type[Event], ...] = tuple(SegmentRule.events)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule after the event at `position`.

    `defined_position` is the position of its first event. Its expression, `rule`, is JSON; the event at `said_position`
    recorded it on the day `said_on` in UTC.
    """

    rule_id: UUID
    version: int
    position: int
    defined_position: int
    said_position: int
    said_on: date
    name: str
    rule: str
    priority: int
    retired_since: datetime | None

    @property
    def expression(self) -> Expression:
        return _parsed(self.rule)

    @property
    def depends_on_the_day(self) -> bool:
        return segment_expression.depends_on_the_day(self.expression)

    def day(self, ended: date | None) -> date:
        """The day as of which features are computed, unless a customer's last purchase is later."""
        return self.said_on if ended is None else max(self.said_on, ended)

    def upto(self, day: date) -> Rule:
        """The rule for features of this day, if that is before the day on which its expression was recorded."""
        return structs.replace(self, said_on=min(self.said_on, day))


# How events change it


def known_before(rows: Rows, position: int) -> list[Rule]:
    """The rules in force before this position, in evaluation order."""
    return in_order(_known(rows.connection, rows.table(rule_states), position))


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """The rules in force in evaluation order: the smallest priority first, then the rule that was defined first."""
    in_force = (rule for rule in rules if rule.retired_since is None)
    return sorted(in_force, key=lambda rule: (rule.priority, rule.defined_position))


def keep_rule(rows: Rows, recorded: Recorded) -> None:
    """Save the state of the rule after the event, at its position."""
    aggregate, metadata = SegmentRule(recorded.stream), recorded.metadata
    known = _known(rows.connection, rows.table(rule_states), recorded.position)
    before = next((rule for rule in known if rule.rule_id == recorded.stream), None)
    if before is not None:
        aggregate.says(before.name, msgspec.json.decode(before.rule), before.priority)
        aggregate.retired_since = before.retired_since
    recorded.event.apply(aggregate, metadata)
    expression = _encode(aggregate.rule).decode()
    as_before = before is not None and before.rule == expression
    rule = Rule(
        rule_id=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        defined_position=before.defined_position if before else recorded.position,
        said_position=before.said_position if before and as_before else recorded.position,
        said_on=before.said_on if before and as_before else metadata.recorded_at.date(),
        name=aggregate.title,
        rule=expression,
        priority=aggregate.priority,
        retired_since=aggregate.retired_since,
    )
    rows.save(rule_states, [{"rule_id": rule.rule_id, "position": rule.position, "state": _encode(rule).decode()}])


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = lru_cache(maxsize=256)(msgspec.json.Decoder(Rule).decode)


@lru_cache(maxsize=256)
def _parsed(rule: str) -> Expression:
    return parsed(msgspec.json.decode(rule))


def _known(connection: Connection, states: Table, before: int) -> list[Rule]:
    return list(map(_decode, connection.execute(_latest(states), {"before": before}).scalars()))


@lru_cache(maxsize=8)
def _latest(states: Table) -> Select[Any]:
    """The last state of each rule before a position."""
    earlier = states.c.position < bindparam("before", type_=BigInteger())
    latest = select(states.c.rule_id, func.max(states.c.position)).where(earlier).group_by(states.c.rule_id).subquery()
    at_last = (states.c.rule_id == latest.c[0]) & (states.c.position == latest.c[1])
    return select(states.c.state).join(latest, at_last)


# How it is queried

LAST = 2**63 - 1


def known(connection: Connection) -> list[Rule]:
    """All rules in their current state, in the order of their priorities, retired rules last."""
    rules = _known(connection, rule_states, LAST)
    return sorted(rules, key=lambda rule: (rule.retired_since is not None, rule.priority, rule.defined_position))


def listing(connection: Connection) -> list[Row]:
    return [shown(rule) for rule in known(connection)]


def get(connection: Connection, rule_id: UUID) -> Row | None:
    return next((shown(rule) for rule in known(connection) if rule.rule_id == rule_id), None)


def expressions(connection: Connection) -> dict[tuple[UUID, int], Rule]:
    """Each expression of each rule, by its position: the last state of the rule before its next expression."""
    states = connection.execute(select(rule_states.c.state).order_by(rule_states.c.position)).scalars()
    return {(rule.rule_id, rule.said_position): rule for rule in map(_decode, states)}


def shown(rule: Rule) -> Row:
    """The rule for people."""
    expression: dict[str, Any] = msgspec.json.decode(rule.rule)
    return {
        "rule_id": rule.rule_id,
        "version": rule.version,
        "position": rule.position,
        "name": rule.name,
        "rule": expression,
        "priority": rule.priority,
        "status": "in_force" if rule.retired_since is None else "retired",
        "retired_since": rule.retired_since,
        "said_position": rule.said_position,
        "said_on": rule.said_on,
    }
