"""Labels by segment rules: the first rule that matches, the event at which it gave the label, and the facts at that time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from domain.customers.customer.customer import Customer
from domain.segmentation.segment_rule import SegmentRule
from projections.segmentation import segment_answers, segment_rule_answers
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_rule_labels import past_rule_labels, rule_labels
from tests.projections.harness import History, fold, in_memory
from tests.projections.segmentation.given_segments import CUT_OFF, buys, customer, ends

LARGE = {"op": "compare", "feature": "attribute:size", "is": ">=", "value": 100}
ANY = {"op": "compare", "feature": "tickets", "is": ">=", "value": 0}


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(segment_labels) as connection:
        yield connection


def rule(history: History, name: str, expression: Any, priority: int = 1) -> SegmentRule:
    """Define the rule, or revise it if it exists."""
    made = history.of(SegmentRule, f"rule {name}")
    decide = made.revise if made.exists else made.define
    history.must(made, lambda context: decide(context, name=name, rule=expression, priority=priority))
    return made


def segment(connection: Connection, history: History, who: Customer) -> Any:
    fold(connection, history, segment_labels)
    found = segment_answers.of_customer(connection, who.id)
    assert found is not None
    return found


def label(connection: Connection, history: History, who: Customer) -> str | None:
    found = segment(connection, history, who)["rule"]
    return found and str(found["label"])


def bought(value: int, **window: Any) -> dict[str, Any]:
    return {"op": "compare", "feature": "orders", "is": ">=", "value": value, "window": window}


def test_a_rule_labels_existing_customers_and_later_ones(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=120)
    rule(history, "large", LARGE)
    begun = history.log[-1].position
    bob = customer(history, "bob", size=130)
    assert segment(connection, history, ada)["rule"]["since"] == begun
    assert segment_answers.of_customer(connection, bob.id)["rule"]["since"] == history.log[-1].position  # type: ignore[index]


def test_the_smallest_priority_wins_then_the_rule_defined_first(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=120)
    rule(history, "first", ANY, priority=5)
    rule(history, "second", ANY, priority=5)
    assert label(connection, history, ada) == "first"


def test_a_new_rule_with_a_smaller_priority_takes_the_label(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=120)
    rule(history, "any", ANY, priority=5)
    begun = history.log[-1].position
    rule(history, "large", LARGE, priority=4)
    found = segment(connection, history, ada)
    assert found["rule"]["label"] == "large"
    assert [(past["label"], past["since"], past["until"]) for past in found["past_rules"]] == [
        ("any", begun, history.log[-1].position)
    ]


def test_a_label_has_the_facts_when_it_was_given_and_the_current_facts(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=120)
    rule(history, "large", LARGE)
    begun = history.log[-1].position
    history.must(ada, lambda context: ada.set_attributes(context, {"size": 150}))
    found = segment(connection, history, ada)["rule"]
    assert (found["since"], found["facts"][0]["value"], found["given"]["facts"][0]["value"]) == (begun, 150.0, 120.0)


def test_a_window_of_days_moves_with_the_days(history: History, connection: Connection) -> None:
    ada = customer(history, "ada")
    history.now += timedelta(days=1)
    buys(history, ada, CUT_OFF, "5")
    rule(history, "recent", bought(1, last_days=10))
    begun = history.log[-1].position
    ends(history, CUT_OFF + timedelta(days=9))
    assert segment(connection, history, ada)["rule"]["since"] == begun
    with in_memory(segment_labels) as later:
        ends(history, CUT_OFF + timedelta(days=10))
        found = segment(later, history, ada)
    assert (found["rule"], found["past_rules"][0]["until"]) == (None, history.log[-1].position)


def test_a_window_between_two_days_counts_only_purchases_inside_it(history: History, connection: Connection) -> None:
    ada = customer(history, "ada")
    history.now += timedelta(days=2)
    buys(history, ada, CUT_OFF, "5")
    buys(history, ada, CUT_OFF + timedelta(days=1), "7")
    day = CUT_OFF.isoformat()
    rule(history, "two", bought(2, to="2024-03-02"), priority=1)
    spent = {"op": "compare", "feature": "total:EUR", "is": "=", "value": 5, "window": {"from": day, "to": "2024-03-02"}}
    rule(history, "five", spent, priority=2)
    found = segment(connection, history, ada)["rule"]
    assert (found["label"], found["facts"][0]["value"]) == ("five", 5.0)


def test_a_retired_rule_labels_nobody(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=120)
    made = rule(history, "large", LARGE)
    history.must(made, made.retire)
    assert label(connection, history, ada) is None
    assert segment_rule_answers.report(connection).groups == []


def test_an_erased_customer_has_no_labels(history: History, connection: Connection) -> None:
    ada = customer(history, "ada", size=120)
    rule(history, "large", LARGE)
    history.must(ada, lambda context: ada.set_attributes(context, {"size": 2}))
    history.must(ada, lambda context: ada.set_attributes(context, {"size": 200}))
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    found = segment(connection, history, ada)
    assert (found["erased"], found["rule"], found["past_rules"]) == (True, None, [])
    for table in (rule_labels, past_rule_labels):
        assert connection.execute(select(func.count()).select_from(table)).scalar() == 0
    assert segment_rule_answers.report(connection).unlabelled.value == 0
