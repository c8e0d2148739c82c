"""Answers about labels by rule: a customer's, a rule's, and how many each rule has.

A label says where and when the rule gave it. Facts are as of now, which is: the last of the day on which the rule said so, the
last day that has ended, and the customer's last purchase; `given` has those that the rule saw when it gave the label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, func, select

from domain.segment_expression import features_of
from projections.customer_behaviour import Behaviour, as_of_day, taken_up
from projections.customer_features import customer_features
from projections.pages import Order, Page, page
from projections.ratios import Ratio, ratio
from projections.rows import Row
from projections.segment_models import known as known_models
from projections.segment_rule_labels import facts, past_rule_labels, rule_labels
from projections.segment_rules import Rule, expressions, in_order, known

_floats = msgspec.json.Decoder(list[float | None]).decode

# One customer


def current(connection: Connection, customer_id: UUID, behaviour: Behaviour) -> Row | None:
    """The customer's label by rule, which wins over those by models; None where no rule holds."""
    row = connection.execute(select(rule_labels).where(rule_labels.c.customer_id == customer_id)).mappings().first()
    if row is None:
        return None
    rule = expressions(connection)[row["rule_id"], row["said_position"]]
    return _label(dict(row), rule, behaviour, known_models(connection).ended)


def past(connection: Connection, customer_id: UUID) -> list[Row]:
    """The labels by rule that the customer had, the latest first, by the last names of rules that said the same."""
    said = expressions(connection)
    query = select(past_rule_labels).where(past_rule_labels.c.customer_id == customer_id)
    rows = connection.execute(query.order_by(past_rule_labels.c.until.desc())).mappings()
    return [_ended(dict(row), said[row["rule_id"], row["said_position"]]) for row in rows]


def _label(row: Mapping[str, Any], rule: Rule, behaviour: Behaviour, ended: date | None) -> Row:
    as_of = as_of_day(behaviour, rule.day(ended))
    return {
        "customer_id": row["customer_id"],
        **_named(row, rule),
        "as_of": as_of,
        "facts": _by_feature(rule, facts(rule, behaviour, as_of)),
        "given": {"as_of": row["as_of"], "facts": _by_feature(rule, _floats(row["facts"]))},
    }


def _ended(row: Mapping[str, Any], rule: Rule) -> Row:
    seen = _by_feature(rule, _floats(row["facts"]))
    return _named(row, rule) | {"until": row["until"], "as_of": row["as_of"], "facts": seen}


def _named(row: Mapping[str, Any], rule: Rule) -> Row:
    return {
        "rule_id": rule.rule_id,
        "label": rule.name,
        "priority": rule.priority,
        "since": row["since"],
        "said_position": rule.said_position,
    }


def _by_feature(rule: Rule, values: Sequence[float | None]) -> list[Row]:
    seen = zip(features_of(rule.expression), values, strict=True)
    return [{"feature": one.feature, "window": msgspec.to_builtins(one.window), "value": value} for one, value in seen]


# Everybody by rule


def labelled(connection: Connection, rule_id: UUID, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Whom the rule labels, in the order of their ids. Raises MalformedCursor."""
    said, ended = expressions(connection), known_models(connection).ended
    features = customer_features.c
    joined = select(rule_labels, features.state).join(customer_features, features.customer_id == rule_labels.c.customer_id)
    query = joined.where(rule_labels.c.rule_id == rule_id)
    found = page(connection, query, Order(rule_labels.c.customer_id, rule_labels.c.customer_id), limit, cursor)
    rows = [_label(row, said[rule_id, row["said_position"]], taken_up(row["state"]), ended) for row in found.rows]
    return found._replace(rows=rows)


class Group(msgspec.Struct, frozen=True):
    rule_id: UUID
    label: str
    priority: int
    customers: int
    share: Ratio


class Report(msgspec.Struct, frozen=True):
    groups: list[Group]
    unlabelled: int


def report(connection: Connection) -> Report:
    """How many customers each rule in force labels, in the order in which rules are tried, and how many none does."""
    by_rule = select(rule_labels.c.rule_id, func.count()).group_by(rule_labels.c.rule_id)
    counts: dict[UUID, int] = dict(connection.execute(by_rule).all())
    there = select(func.count()).select_from(customer_features).where(customer_features.c.state.is_not(None))
    customers: int = connection.execute(there).scalar_one()
    groups = [_group(rule, counts.get(rule.rule_id, 0), customers) for rule in in_order(known(connection))]
    return Report(groups, customers - sum(counts.values()))


def _group(rule: Rule, count: int, customers: int) -> Group:
    share = ratio(count, customers, "1", "customers whom the rule labels / customers", "there are no customers")
    return Group(rule.rule_id, rule.name, rule.priority, count, share)
