"""Answers about labels by rule: a customer's, a rule's, and how many each rule has.

A label says where and when the rule gave it. Facts are as of now, which is: the last of the day on which the rule said so, the
last day that has ended, and the customer's last purchase; `given` has those that the rule saw when it gave the label. The label
of a customer with whom others were merged is computed when asked, from what all of them do; where it was given is known only
if it is their own label too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, func, select

from domain.marketing.segment_expression import features_of
from projections.customers.customer_behaviour import Behaviour, as_of_day, load
from projections.customers.customer_features import customer_features
from projections.customers.merging import parts_of_others
from projections.customers.whole_behaviour import wholes
from projections.marketing.segment_models import known as known_models
from projections.marketing.segment_rule_labels import Labelled, facts, first_that_holds, past_rule_labels, rule_labels
from projections.marketing.segment_rules import Rule, expressions, in_order, known
from projections.shared.pages import Order, Page, page
from projections.shared.ratios import Ratio, ratio
from projections.shared.rows import Row

Said = Mapping[tuple[UUID, int], Rule]

_floats = msgspec.json.Decoder(list[float | None]).decode

# One customer


def current(connection: Connection, customer_id: UUID, behaviour: Behaviour, *, merged: bool) -> Row | None:
    """The customer's label by rule, which wins over those by models; None where no rule holds.

    Where somebody is `merged` with them, the rules are tried on what all of them do.
    """
    own = connection.execute(select(rule_labels).where(rule_labels.c.customer_id == customer_id)).mappings().first()
    row = None if own is None else dict(own)
    ended = known_models(connection).ended
    if merged:
        found = first_that_holds(in_order(known(connection)), behaviour, ended)
    else:
        found = _standing(row, expressions(connection), behaviour, ended) if row else None
    return None if found is None else _label(customer_id, found, row)


def past(connection: Connection, customer_id: UUID) -> list[Row]:
    """The labels by rule that the customer had, the latest first, by the last names of rules that said the same."""
    said = expressions(connection)
    query = select(past_rule_labels).where(past_rule_labels.c.customer_id == customer_id)
    rows = connection.execute(query.order_by(past_rule_labels.c.until.desc())).mappings()
    return [_ended(dict(row), said[row["rule_id"], row["said_position"]]) for row in rows]


def _standing(row: Mapping[str, Any], said: Said, behaviour: Behaviour, ended: date | None) -> Labelled:
    """The label of a row, with what the rule sees now."""
    rule = said[row["rule_id"], row["said_position"]]
    as_of = as_of_day(behaviour, rule.day(ended))
    return Labelled(rule, as_of, facts(rule, behaviour, as_of))


def _label(customer_id: UUID, found: Labelled, row: Mapping[str, Any] | None) -> Row:
    """The label that is found now. `row` is the customer's own, from which it is known where it was given if it is the same."""
    rule = found.rule
    own = row if row and (row["rule_id"], row["said_position"]) == (rule.rule_id, rule.said_position) else None
    return {
        "customer_id": customer_id,
        **_named(rule),
        "since": own and own["since"],
        "as_of": found.as_of,
        "facts": _by_feature(rule, found.facts),
        "given": own and {"as_of": own["as_of"], "facts": _by_feature(rule, _floats(own["facts"]))},
    }


def _ended(row: Mapping[str, Any], rule: Rule) -> Row:
    seen = _by_feature(rule, _floats(row["facts"]))
    return _named(rule) | {name: row[name] for name in ("since", "until", "as_of")} | {"facts": seen}


def _named(rule: Rule) -> Row:
    return {"rule_id": rule.rule_id, "label": rule.name, "priority": rule.priority, "said_position": rule.said_position}


def _by_feature(rule: Rule, values: Sequence[float | None]) -> list[Row]:
    seen = zip(features_of(rule.expression), values, strict=True)
    return [{"feature": one.feature, "window": msgspec.to_builtins(one.window), "value": value} for one, value in seen]


# Everybody by rule


def labelled(connection: Connection, rule_id: UUID, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Whom the rule labels, in the order of their ids; whoever was merged stands with who is left. Raises MalformedCursor."""
    said, ended = expressions(connection), known_models(connection).ended
    merged = _of_merged(connection)
    alike = [id for id, found in merged.items() if found is not None and found.rule.rule_id == rule_id]
    features, row = customer_features.c, rule_labels.c
    others = select(row.customer_id).where(row.rule_id == rule_id, row.customer_id.not_in(parts_of_others()))
    wanted = others.union(select(features.customer_id).where(features.customer_id.in_(alike))).subquery()
    own = [column for column in row if column.name != "customer_id"]
    joined = wanted.join(customer_features, features.customer_id == wanted.c.customer_id)
    query = select(features.customer_id, features.state, *own).select_from(
        joined.outerjoin(rule_labels, row.customer_id == features.customer_id)
    )
    found = page(connection, query, Order(features.customer_id, features.customer_id), limit, cursor)

    def shown(row: Row) -> Row:
        label = merged.get(row["customer_id"]) or _standing(row, said, load(row["state"]), ended)
        return _label(row["customer_id"], label, row)

    return found._replace(rows=[shown(row) for row in found.rows])


def _of_merged(connection: Connection) -> dict[UUID, Labelled | None]:
    """The labels of all with whom somebody was merged, computed from what all of them do; None where no rule holds."""
    rules, ended = in_order(known(connection)), known_models(connection).ended
    return {id: first_that_holds(rules, behaviour, ended) for id, behaviour in wholes(connection).behaviours.items()}


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
    merged = _of_merged(connection)
    row, features = rule_labels.c, customer_features.c
    by_rule = select(row.rule_id, func.count()).where(row.customer_id.not_in(parts_of_others())).group_by(row.rule_id)
    counts: Counter[UUID] = Counter(dict(connection.execute(by_rule).all()))
    counts.update(found.rule.rule_id for found in merged.values() if found is not None)
    there = select(func.count()).where(features.state.is_not(None), features.customer_id.not_in(parts_of_others()))
    customers: int = connection.execute(there).scalar_one() + len(merged)
    groups = [_group(rule, counts[rule.rule_id], customers) for rule in in_order(known(connection))]
    return Report(groups, customers - sum(counts.values()))


def _group(rule: Rule, count: int, customers: int) -> Group:
    share = ratio(count, customers, "1", "customers whom the rule labels / customers", "there are no customers")
    return Group(rule.rule_id, rule.name, rule.priority, count, share)
