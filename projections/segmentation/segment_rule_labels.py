"""Each customer's label by segment rule, since when and by which event. The first matching rule gives the only label.

A label depends only on the customer's features as of a day and on the rules in force. The day is the latest of: the day on
which the rule's expression was recorded, the last day that has ended, the customer's last purchase. A row has the position of
the event at which the rule gave the label, and the facts at that time. It stays until another rule is the first to match, no
rule matches, or the rule's expression changes. A customer without a matching rule has no row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, ColumnElement, Date, Index, Text, Uuid, delete, select

from domain.segmentation.segment_expression import Seen, Window, feature_of, features_of, holds
from projections.customers.customer_behaviour import Behaviour, Spent, as_of_day, value
from projections.segmentation.segment_rules import Rule, rule_states
from projections.shared.id_vectors import ids_of
from projections.shared.rows import Row, Rows
from projections.shared.tables import columns, table

rule_labels = table(
    "segment_rule_labels",
    Column("customer_id", Uuid, primary_key=True),
    Column("rule_id", Uuid, nullable=False),
    # The positions of the event that gave the label, and of the event that recorded the rule's expression.
    *columns(BigInteger, "since", "said_position", nullable=False),
    # As seen at `since`: the day, and the features in the order in which the rule names them.
    Column("as_of", Date, nullable=False),
    Column("facts", Text, nullable=False),
    narrow=True,
)
Index("ix_segment_rule_labels_rule", rule_labels.c.rule_id, rule_labels.c.customer_id)
# The key begins with the expression, as that of `past_labels` with the fit.
past_rule_labels = table(
    "segment_rule_label_history",
    Column("said_position", BigInteger, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("rule_id", Uuid, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("facts", Text, nullable=False),
    narrow=True,
)
TABLES = (rule_labels, past_rule_labels)


def by_any_rule(rows: Rows) -> ColumnElement[bool]:
    """The condition that the key of past labels begins with; all of them meet it."""
    return rows.table(past_rule_labels).c.said_position.in_(select(rows.table(rule_states).c.position))


def past_of(rows: Rows, customers: Collection[UUID]) -> list[Row]:
    """The past labels of these customers."""
    query = select(rows.table(past_rule_labels)).where(*_are_past(rows, customers))
    return [dict(row) for row in rows.connection.execute(query).mappings()] if customers else []


def _are_past(rows: Rows, customers: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    return by_any_rule(rows), rows.is_among(rows.table(past_rule_labels).c.customer_id, ids_of(customers))


# A customer as a rule sees them


class Labelled(NamedTuple):
    """The rule that labels a customer, the as-of day, and the features of the rule in the order in which it names them."""

    rule: Rule
    as_of: date
    facts: Sequence[float | None]


def first_match(rules: Sequence[Rule], behaviour: Behaviour, ended: date | None) -> Labelled | None:
    """The label of the first rule that matches, or None; `rules` are in evaluation order."""
    for rule in rules:
        as_of = as_of_day(behaviour, rule.day(ended))
        if holds(rule.expression, partial(seen_of, behaviour, as_of=as_of)):
            return Labelled(rule, as_of, facts(rule, behaviour, as_of))
    return None


def facts(rule: Rule, behaviour: Behaviour, as_of: date) -> list[float | None]:
    return [seen_of(behaviour, seen, as_of) for seen in features_of(rule.expression)]


def seen_of(behaviour: Behaviour, seen: Seen, as_of: date) -> float | None:
    """The feature as of this day; if it has a window, only purchases within the window count."""
    inside = behaviour if seen.window is None else _within(behaviour, seen.window, as_of)
    return value(feature_of(seen.feature), inside, as_of)


def _within(behaviour: Behaviour, window: Window, as_of: date) -> Behaviour:
    begins = as_of - timedelta(days=window.last_days - 1) if window.last_days is not None else window.from_ or date.min
    first, end = begins.isoformat(), (window.to or date.max).isoformat()
    purchases: dict[str, dict[str, Spent]] = {}
    for currency, days in behaviour.purchases.items():
        if inside := {day: spent for day, spent in days.items() if first <= day < end}:
            purchases[currency] = inside
    return Behaviour(purchases=purchases)


# How events change it


class RuleMoves:
    """The labels by rule of some customers while a batch is folded: changed one by one, and written once."""

    def __init__(self, rows: Rows, customers: Collection[UUID]) -> None:
        self._rows = rows
        self._current: dict[UUID, Row] = rows.load(rule_labels, customers)
        self._before = set(self._current)
        self._past: list[Row] = []
        self._moved: set[UUID] = set()
        self._forgotten: set[UUID] = set()
        self._ends: dict[UUID, int] = {}

    def current(self, customer_id: UUID) -> Row | None:
        return self._current.get(customer_id)

    def past(self, customer_id: UUID) -> list[Row]:
        """The labels of the customer that have ended since the rows were read."""
        return [row for row in self._past if row["customer_id"] == customer_id]

    def look_up_ends(self, customers: Collection[UUID]) -> None:
        """Reads when the labels of the customers have ended, where there is none any more: see `last`."""
        for row in past_of(self._rows, [id for id in customers if id not in self._current]):
            self._ends[row["customer_id"]] = max(self._ends.get(row["customer_id"], 0), row["until"])

    def last(self, customer_id: UUID) -> int:
        """The position of the event that gave the customer's label, or ended it; 0 if there was none."""
        row = self._current.get(customer_id)
        return self._ends.get(customer_id, 0) if row is None else int(row["since"])

    def see(self, customer_id: UUID, found: Labelled | None, position: int) -> None:
        """Give the customer the label that was found, unless they have it already."""
        row = self._current.get(customer_id)
        there = None if row is None else (row["rule_id"], row["said_position"])
        wanted = None if found is None else (found.rule.rule_id, found.rule.said_position)
        if there == wanted:
            return
        if row is not None:
            self._past.append(self._current.pop(customer_id) | {"until": position})
        if found is not None:
            self._current[customer_id] = _row(customer_id, found, position)
        self._moved.add(customer_id)

    def forget(self, customer_id: UUID) -> None:
        self._forgotten.add(customer_id)

    def save(self) -> None:
        self._rows.delete(rule_labels, "customer_id", self._forgotten)
        if self._forgotten:
            past = self._rows.table(past_rule_labels)
            self._rows.connection.execute(delete(past).where(*_are_past(self._rows, self._forgotten)))
        moved = self._moved - self._forgotten
        self._rows.remove(rule_labels, [id for id in self._before & moved if id not in self._current])
        self._rows.insert(past_rule_labels, [row for row in self._past if row["customer_id"] in moved])
        self._rows.save(rule_labels, [self._current[id] for id in moved if id in self._current])


def _row(customer_id: UUID, found: Labelled, position: int) -> Row:
    return {
        "customer_id": customer_id,
        "rule_id": found.rule.rule_id,
        "since": position,
        "said_position": found.rule.said_position,
        "as_of": found.as_of,
        "facts": msgspec.json.encode(found.facts).decode(),
    }
