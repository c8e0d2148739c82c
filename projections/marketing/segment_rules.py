"""What segment rules said at every position: what the labels by rule of all customers depend on, beside the days that ended.

A row is what a rule came to by one of its events; it never changes. Every partition writes the same rows, and at a position
looks only at those before it, so that none is ahead of the log where another partition is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Table, Text, Uuid, func, select

from domain.marketing import segment_expression
from domain.marketing.segment_expression import Expression, parsed
from domain.marketing.segment_rule import SegmentRule
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
    """A rule as it stands after the event at `position`.

    `defined_position` is that of its first event; its expression (as JSON) is that of `said_position`, recorded on the day
    `said_on`, in UTC.
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
        """The day as of which features are seen, unless a customer's last purchase is later."""
        return self.said_on if ended is None else max(self.said_on, ended)


# How events change it


def known_before(rows: Rows, position: int) -> list[Rule]:
    """The rules in force before this position, in the order in which they are tried."""
    return in_order(_known(rows.connection, rows.table(rule_states), position))


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Those in force, the smallest priority first; of several, that which was defined first."""
    in_force = (rule for rule in rules if rule.retired_since is None)
    return sorted(in_force, key=lambda rule: (rule.priority, rule.defined_position))


def keep_rule(rows: Rows, recorded: Recorded) -> None:
    """Keep what the rule came to by the event at its position."""
    aggregate, told = SegmentRule(recorded.stream), recorded.metadata
    known = _known(rows.connection, rows.table(rule_states), recorded.position)
    before = next((rule for rule in known if rule.rule_id == recorded.stream), None)
    if before is not None:
        aggregate.says(before.name, msgspec.json.decode(before.rule), before.priority)
        aggregate.retired_since = before.retired_since
    recorded.event.apply(aggregate, told)
    said = _encode(aggregate.rule).decode()
    as_before = before is not None and before.rule == said
    rule = Rule(
        rule_id=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        defined_position=before.defined_position if before else recorded.position,
        said_position=before.said_position if before and as_before else recorded.position,
        said_on=before.said_on if before and as_before else told.recorded_at.date(),
        name=aggregate.title,
        rule=said,
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
    last = select(states.c.rule_id, func.max(states.c.position)).where(states.c.position < before).group_by(states.c.rule_id)
    latest = last.subquery()
    at_last = (states.c.rule_id == latest.c[0]) & (states.c.position == latest.c[1])
    return list(map(_decode, connection.execute(select(states.c.state).join(latest, at_last)).scalars()))


# How it is queried

LAST = 2**63 - 1


def known(connection: Connection) -> list[Rule]:
    """All rules, also those that were retired: as they stand now, in the order of their priorities."""
    rules = _known(connection, rule_states, LAST)
    return sorted(rules, key=lambda rule: (rule.retired_since is not None, rule.priority, rule.defined_position))


def listing(connection: Connection) -> list[Row]:
    return [shown(rule) for rule in known(connection)]


def get(connection: Connection, rule_id: UUID) -> Row | None:
    return next((shown(rule) for rule in known(connection) if rule.rule_id == rule_id), None)


def expressions(connection: Connection) -> dict[tuple[UUID, int], Rule]:
    """Each expression of each rule, by its position: the rule as it stood last before the next one."""
    states = connection.execute(select(rule_states.c.state).order_by(rule_states.c.position)).scalars()
    return {(rule.rule_id, rule.said_position): rule for rule in map(_decode, states)}


def shown(rule: Rule) -> Row:
    """The rule for people."""
    said: dict[str, Any] = msgspec.json.decode(rule.rule)
    return {
        "rule_id": rule.rule_id,
        "version": rule.version,
        "position": rule.position,
        "name": rule.name,
        "rule": said,
        "priority": rule.priority,
        "status": "in_force" if rule.retired_since is None else "retired",
        "retired_since": rule.retired_since,
        "said_position": rule.said_position,
        "said_on": rule.said_on,
    }
