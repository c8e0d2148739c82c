"""Commands in one line: the facts they take, what they refuse, and the errors that the contract check finds."""

from __future__ import annotations

from uuid import UUID

import pytest

from commands.customers import customers, field_definitions
from commands.sales import deals, order_payments, orders
from commands.service import sla_policies, tickets
from commands.shared import annotating
from commands.shared.deciding import begins, decides
from domain.operations.team import Team, team_id
from domain.service.ticket.ticket import Ticket
from domain.shared.refusals import NotThere
from tests.commands.binding import check_binds, facts_taken
from tests.commands.in_memory import InMemory

NOBODY = UUID(int=7)


@pytest.fixture
def work() -> InMemory:
    return InMemory()


def test_a_command_takes_the_id_and_the_facts_of_its_decision() -> None:
    assert facts_taken(tickets.solve) == {"ticket_id": True, "code": False, "resolution": False, "status_label": False}
    assert facts_taken(tickets.reply) == {"ticket_id": True, "reply": True}


def test_an_id_may_have_another_name_or_be_derived_from_other_facts() -> None:
    assert list(facts_taken(decides(Ticket, Ticket.close, "id"))) == ["id", "status_label"]
    assert list(facts_taken(sla_policies.retire)) == ["code"]
    assert list(facts_taken(sla_policies.define)) == ["code", "terms"]
    assert list(facts_taken(field_definitions.retire)) == ["entity", "key"]


def test_a_command_takes_the_fields_of_the_event_that_its_decision_takes() -> None:
    taken = facts_taken(order_payments.refund_payment)
    assert (taken["order_id"], taken["refund_id"], taken["amount"], taken["lines"]) == (True, True, True, False)


def test_a_command_has_the_name_and_the_docstring_of_its_decision() -> None:
    assert (tickets.solve.__name__, tickets.resume.__doc__) == ("solve", Ticket.resume.__doc__)


def test_facts_of_a_typed_dict_are_taken_one_by_one() -> None:
    taken = facts_taken(orders.create_or_change)
    assert (taken["order_id"], taken["currency"], taken["discounts"], taken["contact"]) == (True, True, False, False)
    assert facts_taken(deals.create_or_change)["external"] is False
    assert (facts_taken(customers.register)["kind"], facts_taken(customers.create_or_change)["external"]) == (False, True)


def test_a_command_on_a_missing_aggregate_is_refused(work: InMemory) -> None:
    with pytest.raises(NotThere):
        tickets.solve(work, ticket_id=NOBODY)
    with pytest.raises(NotThere):
        annotating.tag(work, kind=Ticket, id=NOBODY, tags=["vip"])


def test_a_command_that_creates_needs_no_existing_aggregate(work: InMemory) -> None:
    team = begins(Team, Team.register, team_id)(work, code="support", name="Support")
    assert (team.id, team.exists) == (team_id("support"), True)
    assert decides(Team, Team.deactivate, team_id)(work, code="support").registered is not None


def test_an_unknown_fact_is_found() -> None:
    with pytest.raises(AssertionError, match=r"Processing\.solve takes no colour; it takes ticket_id, code"):
        check_binds(tickets.solve, ["ticket_id", "colour"])


def test_a_missing_fact_is_found() -> None:
    with pytest.raises(AssertionError, match=r"orders\.place needs channel, lines"):
        check_binds(orders.place, ["order_id", "number", "customer_id", "currency"])


def test_facts_that_bind_pass() -> None:
    check_binds(orders.place, ["order_id", "number", "customer_id", "currency", "channel", "lines", "owner", "external"])
