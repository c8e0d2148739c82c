"""Commands on interactions and feedback: what they load and pass on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from commands.customers import feedback, interactions
from commands.sales import leads
from domain.customers.customer.customer import Customer
from domain.customers.customer.refusals import CustomerErased, CustomerUnknown
from domain.customers.feedback.feedback import Feedback
from domain.customers.interaction import Interaction
from domain.shared.ids import external_id
from domain.shared.reference import Reference
from domain.shared.refusals import Malformed, NotThere
from tests.commands.in_memory import InMemory

ADA, BOB = (external_id("customer", "test", name, b"") for name in ("ada", "bob"))
CALL, SURVEY, LEAD = (external_id(kind, "test", "1", b"") for kind in ("interaction", "feedback", "lead"))


@pytest.fixture
def work() -> InMemory:
    return InMemory()


def register(work: InMemory, id: UUID = ADA) -> Customer:
    customer = work.load(Customer, id)
    customer.register(work.context, kind="person", name="Ada")
    return customer


def log(work: InMemory, customer_id: UUID | None = ADA, **facts: Any) -> Interaction:
    asked: dict[str, Any] = {"channel": "phone", "direction": "inbound"} | facts
    return interactions.log(work, interaction_id=CALL, customer_id=customer_id, **asked)


def submit(work: InMemory, customer_id: UUID | None = None) -> Feedback:
    return feedback.submit(work, feedback_id=SURVEY, kind="csat", score=4, customer_id=customer_id)


def test_an_interaction_with_a_merged_customer_is_recorded_for_the_survivor(work: InMemory) -> None:
    ada, _ = register(work), register(work, BOB)
    log(work)
    ada.survivor = BOB
    assert log(work).version == 1
    other = interactions.log(work, interaction_id=LEAD, customer_id=ADA, channel="note", direction="internal")
    assert other.logged is not None
    assert other.logged.customer_id == BOB


def test_an_interaction_with_a_lead_that_has_a_customer_is_recorded_for_the_customer(work: InMemory) -> None:
    with pytest.raises(NotThere):
        log(work, None, lead_id=LEAD)
    register(work)
    lead = leads.capture(work, lead_id=LEAD, number=None, customer_id=None)
    for customer_id in (None, ADA):
        lead.customer_id = customer_id
        logged = log(work, None, lead_id=LEAD)
        assert logged.logged is not None
        assert (logged.version, logged.subject, logged.logged.customer_id) == (1, LEAD, None)
    known = interactions.log(work, interaction_id=SURVEY, lead_id=LEAD, channel="note", direction="internal")
    assert known.subject == ADA


def test_an_unknown_or_an_erased_customer_is_refused(work: InMemory) -> None:
    for command in (log, submit):
        with pytest.raises(CustomerUnknown):
            command(work, ADA)
    register(work).erase(work.context, reason="requested", requested_by="customer", receipt="R1")
    for command in (log, submit):
        with pytest.raises(CustomerErased):
            command(work, ADA)


def test_the_aggregate_that_a_contact_is_about_must_exist(work: InMemory) -> None:
    register(work)
    with pytest.raises(NotThere):
        log(work, about=(Reference(kind="order", id=BOB),))
    with pytest.raises(Malformed):
        log(work, about=(Reference(kind="weather", id=BOB),))
    assert log(work, about=(Reference(kind="customer", id=ADA),)).version == 1


def test_an_answer_of_the_merge_survivor_keeps_the_recorded_customer(work: InMemory) -> None:
    ada, _ = register(work), register(work, BOB)
    feedback.request(work, feedback_id=SURVEY, kind="csat", customer_id=ADA)
    ada.survivor = BOB
    assert submit(work, BOB).customer_id == ADA
    assert submit(work, ADA).version == 2


def test_every_decision_has_its_command(work: InMemory) -> None:
    register(work)
    log(work)
    calls: list[tuple[Any, dict[str, Any]]] = [
        (interactions.correct, {"title": "Hello"}),
        (interactions.redact, {}),
        (interactions.retract, {"reason": "mistake"}),
    ]
    for version, (command, facts) in enumerate(calls, 2):
        assert command(work, interaction_id=CALL, **facts).version == version
    submit(work)
    dealt: list[tuple[Any, dict[str, Any]]] = [
        (feedback.acknowledge, {}),
        (feedback.take_action, {"code": "called"}),
        (feedback.resolve, {"code": "refunded"}),
    ]
    for version, (command, facts) in enumerate(dealt, 2):
        assert command(work, feedback_id=SURVEY, **facts).version == version


def test_commands_on_missing_contacts_are_refused(work: InMemory) -> None:
    with pytest.raises(NotThere):
        interactions.retract(work, interaction_id=CALL)
    with pytest.raises(NotThere):
        feedback.answer(work, feedback_id=SURVEY, kind="praise")
    with pytest.raises(NotThere):
        feedback.dismiss(work, feedback_id=SURVEY, reason="spam")
