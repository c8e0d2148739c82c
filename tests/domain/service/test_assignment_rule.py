"""Assignment rules, and the rota of a team."""

from __future__ import annotations

from typing import Any

import pytest

from domain.service.assignment_rule import AssignmentRule, Condition, Defined, Revised, Terms, assignment_rule_id
from domain.service.rota import NOBODY_AVAILABLE, Rota, rota_id
from domain.shared.ids import external_id
from domain.shared.reference import Reference
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import YESTERDAY, facts, live, state, stored

MAIL = Condition(field="channel", values=("mail", "email"))
TICKETS = [Reference(kind="ticket", id=external_id("ticket", "test", name, b"")) for name in "abc"]


def terms(**more: Any) -> Terms:
    values: dict[str, Any] = {"order": 1, "kind": "ticket", "team": "support"}
    return Terms(**values | more)


def defined(**more: Any) -> AssignmentRule:
    rule = AssignmentRule(assignment_rule_id("mail"))
    rule.define(live(), "mail", terms(**more))
    return rule


def test_a_rule_is_defined_once_and_then_revised() -> None:
    rule = defined(conditions=(MAIL,))
    rule.define(live(), "mail", terms(conditions=(Condition(field="channel", values=("email", "mail")),)))
    assert [type(event) for event in facts(rule)] == [Defined]
    rule.define(live(), "mail", terms(method="least_open"))
    assert [type(event) for event in facts(rule)] == [Defined, Revised]
    assert state(stored(rule)) == state(rule)


def test_a_revision_with_an_earlier_time_does_not_replace_the_terms_in_force() -> None:
    rule = defined()
    rule.define(live(YESTERDAY), "mail", terms(order=7))
    assert rule.terms == terms()


def test_a_retired_rule_is_in_force_again_when_it_is_defined_again() -> None:
    rule = defined()
    rule.retire(live())
    rule.retire(live())
    assert (rule.terms, rule.version) == (None, 2)
    rule.define(live(), "mail", terms())
    assert rule.terms == terms()


def test_a_rule_that_was_never_defined_cannot_be_retired() -> None:
    with pytest.raises(NotThere):
        AssignmentRule(assignment_rule_id("mail")).retire(live())


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": 10**7},
        {"kind": "order"},
        {"method": "by_lot"},
        {"team": "no team"},
        {"conditions": (MAIL, MAIL)},
        {"conditions": (Condition(field="channel", values=()),)},
        {"conditions": (Condition(field="origin", values=("video",)),)},
        {"kind": "lead", "conditions": (Condition(field="priority", values=("high",)),)},
    ],
)
def test_invalid_terms_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        defined(**wrong)


def test_a_rule_matches_if_all_its_conditions_match() -> None:
    priority = Condition(field="priority", values=("high",))
    both = terms(conditions=(MAIL, priority))
    assert both.fit("ticket", {"channel": "email", "priority": "high"})
    assert not both.fit("ticket", {"channel": "email", "priority": None})
    assert not both.fit("lead", {"channel": "email", "priority": "high"})
    assert terms().fit("ticket", {})


def test_a_rota_keeps_the_latest_turns_and_what_waits_in_order() -> None:
    rota = Rota(rota_id("support"))
    for given in (*TICKETS, TICKETS[0]):
        rota.queue(live(), team="support", rule="mail", given=given)
    assert [metadata.irregular for _, metadata in rota.pending] == [(NOBODY_AVAILABLE,)] * 3
    rota.take_turn(live(), team="support", rule="mail", agent="ann", given=TICKETS[1])
    rota.leave(live(), TICKETS[0])
    rota.leave(live(), TICKETS[0])
    assert (list(rota.waiting), rota.last, rota.version) == ([TICKETS[2]], {"mail": "ann"}, 5)
    assert (rota.turns_since(3), rota.turns_since(4)) == ({"ann": 1}, {})
    assert state(stored(rota)) == state(rota)
