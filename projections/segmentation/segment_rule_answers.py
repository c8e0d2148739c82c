"""Queries about labels by rule: the label of one customer, the customers of one rule, and the number of customers per rule.

A label has the position of the event at which the rule gave it. Facts are as of the latest of: the day on which the rule's
expression was recorded, the last day that has ended, and the customer's last purchase; `given` has the facts at the time the
rule gave the label. The label of a merge survivor is computed at query time from the behaviour of the survivor and everyone
merged into them. The event that gave it is known only if their own label is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Select, func, select

from domain.segmentation.segment_expression import features_of
from projections.customers.all_behaviours import all_figures
from projections.customers.customer_behaviour import Behaviour, as_of_day, load
from projections.customers.customer_features import customer_features
from projections.customers.merging import merged_and_survivors
from projections.customers.whole_behaviour import survivor_behaviours
from projections.segmentation.segment_labels import reached
from projections.segmentation.segment_models import known as known_models
from projections.segmentation.segment_rule_columns import RuleColumns, need_attributes, need_days
from projections.segmentation.segment_rule_labels import Labelled, facts, first_match, past_of, rule_labels
from projections.segmentation.segment_rules import LAST, Rule, expressions, in_order, known
from projections.segmentation.segment_scanning import scanned
from projections.segmentation.segment_turns import turns_between
from projections.shared.figures import Figure, Measured, counted
from projections.shared.pages import Order, Page, page
from projections.shared.ratios import ratio
from projections.shared.rows import Row, Rows

Expressions = Mapping[tuple[UUID, int], Rule]
OfMerged = Mapping[UUID, Labelled | None]

AT_MOST = 5000
"""The customers that a page looks at while rules change."""

_floats = msgspec.json.Decoder(list[float | None]).decode

# One customer


def current(connection: Connection, customer_id: UUID, behaviour: Behaviour, row: Row | None, *, merged: bool) -> Row | None:
    """The customer's label by rule, which takes precedence over labels by models; None if no rule matches.

    `row` is their own. If customers were `merged` into this one, `behaviour` includes theirs, and the rules look at that.
    """
    ended = known_models(connection).ended
    if merged:
        found = first_match(in_order(known(connection)), behaviour, ended)
    else:
        found = _labelled(row, expressions(connection), behaviour, ended) if row else None
    return None if found is None else _label(customer_id, found, row)


def past(connection: Connection, customer_id: UUID, lately: Sequence[Row]) -> list[Row]:
    """The customer's past labels by rule, the latest first; a rule has its last name before its expression changed.

    The labels that have ended `lately` are not in the table yet.
    """
    known_expressions = expressions(connection)
    rows = [*lately, *past_of(Rows(connection), [customer_id])]
    rows.sort(key=lambda row: -row["until"])
    return [_ended(row, known_expressions[row["rule_id"], row["said_position"]]) for row in rows]


def _labelled(row: Mapping[str, Any], known_expressions: Expressions, behaviour: Behaviour, ended: date | None) -> Labelled:
    """The label of a row, with the current facts."""
    rule = known_expressions[row["rule_id"], row["said_position"]]
    as_of = as_of_day(behaviour, rule.day(ended))
    return Labelled(rule, as_of, facts(rule, behaviour, as_of))


def _label(customer_id: UUID, found: Labelled, row: Mapping[str, Any] | None) -> Row:
    """The current label `found`. If the customer's own `row` has the same label, it adds when the label was given."""
    rule = found.rule
    own = row if row and (row["rule_id"], row["said_position"]) == (rule.rule_id, rule.said_position) else None
    return {
        "customer_id": customer_id,
        **named(rule),
        "since": own and own["since"],
        "as_of": found.as_of,
        "facts": by_feature(rule, found.facts),
        "given": own and {"as_of": own["as_of"], "facts": by_feature(rule, _floats(own["facts"]))},
    }


def _ended(row: Mapping[str, Any], rule: Rule) -> Row:
    seen = by_feature(rule, _floats(row["facts"]))
    return named(rule) | {name: row[name] for name in ("since", "until", "as_of")} | {"facts": seen}


def named(rule: Rule) -> Row:
    return {"rule_id": rule.rule_id, "label": rule.name, "priority": rule.priority, "said_position": rule.said_position}


def by_feature(rule: Rule, values: Sequence[float | None]) -> list[Row]:
    seen = zip(features_of(rule.expression), values, strict=True)
    return [{"feature": one.feature, "window": msgspec.to_builtins(one.window), "value": value} for one, value in seen]


# All customers by rule


def labelled(connection: Connection, rule_id: UUID, *, limit: int = 50, cursor: str | None = None, settled: int = 0) -> Page:
    """The customers with the rule's label in the order of their ids; a merged customer appears as the survivor only.

    While rules have changed after `settled` for all customers, a page may have fewer rows than `limit`. Raises MalformedCursor.
    """
    rules, ended = in_order(known(connection)), known_models(connection).ended
    merged = _of_merged(connection, rules, ended)
    alike = [id for id, found in merged.items() if found is not None and found.rule.rule_id == rule_id]
    order = Order(customer_features.c.customer_id, customer_features.c.customer_id)
    turns = turns_between(Rows(connection), settled, LAST)
    if all(turn.rules is None for turn in turns):
        found = page(connection, _query(rule_id, alike), order, limit, cursor)
    else:

        def wanted(customers: Sequence[Row]) -> list[bool]:
            return [label is not None and label.rule.rule_id == rule_id for label in _now(customers, merged, rules, ended)]

        found = scanned(connection, order, wanted, limit, cursor, AT_MOST)
    known_expressions = expressions(connection)
    _, own = reached(Rows(connection), found.rows, turns)

    def shown(row: Row) -> Row:
        id = row["customer_id"]
        mine, label = own.current(id), merged.get(id)
        if label is None:
            assert mine is not None, "a customer of the rule has a label"
            label = _labelled(mine, known_expressions, load(row["state"]), ended)
        return _label(id, label, mine)

    return found._replace(rows=[shown(row) for row in found.rows])


def _query(rule_id: UUID, alike: Sequence[UUID]) -> Select[Any]:
    """The customers whose own row has the rule's label, and those `alike`, who answer for others too."""
    features, row = customer_features.c, rule_labels.c
    others = select(row.customer_id).where(row.rule_id == rule_id, row.customer_id.not_in(merged_and_survivors()))
    wanted = others.union(select(features.customer_id).where(features.customer_id.in_(alike))).subquery()
    return select(customer_features).join(wanted, features.customer_id == wanted.c.customer_id)


def _now(customers: Iterable[Row], merged: OfMerged, rules: Sequence[Rule], ended: date | None) -> Iterator[Labelled | None]:
    """The labels of rows of `customer_features`, by the rules that are in force."""
    for row in customers:
        id = row["customer_id"]
        yield merged[id] if id in merged else first_match(rules, load(row["state"]), ended)


def _of_merged(connection: Connection, rules: Sequence[Rule], ended: date | None) -> OfMerged:
    """The label of every merge survivor, by the behaviour of them and all merged into them; None if no rule matches."""
    return {id: first_match(rules, behaviour, ended) for id, behaviour in survivor_behaviours(connection).behaviours.items()}


class Group(Measured, frozen=True, kw_only=True):
    """A rule: the customers with its label, and their share of all customers."""


class Report(msgspec.Struct, frozen=True):
    groups: list[Group]
    unlabelled: Figure


def report(connection: Connection, settled: int = 0) -> Report:
    """The number of customers with each active rule's label, in evaluation order, and of customers without a label.

    While rules have changed after `settled` for all customers, all of them are looked at.
    """
    rules, ended = in_order(known(connection)), known_models(connection).ended
    if all(turn.rules is None for turn in turns_between(Rows(connection), settled, LAST)):
        counts, customers = _counted(connection, _of_merged(connection, rules, ended))
    else:
        counts, customers = _counted_again(connection, rules, ended)
    unlabelled = counted(customers - sum(counts.values()), "customers", "customers whom no rule matches")
    return Report([_group(rule, counts[rule.rule_id], customers) for rule in rules], unlabelled)


def _counted(connection: Connection, merged: OfMerged) -> tuple[Counter[UUID], int]:
    """The number of customers by rule, and of all customers."""
    row, features = rule_labels.c, customer_features.c
    by_rule = select(row.rule_id, func.count()).where(row.customer_id.not_in(merged_and_survivors())).group_by(row.rule_id)
    counts: Counter[UUID] = Counter(dict(connection.execute(by_rule).all()))
    counts.update(found.rule.rule_id for found in merged.values() if found is not None)
    there = select(func.count()).where(features.state.is_not(None), features.customer_id.not_in(merged_and_survivors()))
    return counts, connection.execute(there).scalar_one() + len(merged)


def _counted_again(connection: Connection, rules: Sequence[Rule], ended: date | None) -> tuple[Counter[UUID], int]:
    """As `_counted`, by what the rules say about the behaviour of all customers now."""
    counts: Counter[UUID] = Counter()
    customers = 0
    for behaviours in all_figures(connection, of_attributes=need_attributes(rules), of_days=need_days(rules)):
        places = RuleColumns(behaviours).first_matches(rules, ended)
        counts.update({rule.rule_id: int((places == place).sum()) for place, rule in enumerate(rules)})
        customers += len(behaviours)
    return counts, customers


def _group(rule: Rule, count: int, customers: int) -> Group:
    return Group(
        group={"rule_id": str(rule.rule_id), "label": rule.name, "priority": rule.priority},
        measures={
            "customers": counted(count, "customers", "customers with the rule's label"),
            "share": ratio(count, customers, "1", "customers with the rule's label / customers", "there are no customers"),
        },
    )
