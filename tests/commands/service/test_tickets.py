"""Commands on tickets: what they load, claim and pass to the ticket."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from commands.sales import orders
from commands.service import tickets
from domain.customers.customer.customer import Customer
from domain.customers.customer.refusals import CustomerErased, CustomerUnknown
from domain.sales.order.values import Item
from domain.service.ticket.correspondence import Replied
from domain.service.ticket.refusals import OwnRelative, TicketOpenedOtherwise
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import SlaTarget
from domain.shared.ids import external_id
from domain.shared.reference import Reference
from domain.shared.refusals import Malformed, NotThere, NumberTaken
from tests.commands.in_memory import InMemory

ADA, BOB = (external_id("customer", "test", name, b"") for name in ("ada", "bob"))
FIRST, SECOND, THIRD = (external_id("ticket", "test", number, b"") for number in ("1", "2", "3"))
ORDER = external_id("order", "test", "1", b"")


@pytest.fixture
def work() -> InMemory:
    return InMemory()


def register(work: InMemory, id: UUID = ADA) -> Customer:
    customer = work.load(Customer, id)
    customer.register(work.context, kind="person", name="Ada")
    return customer


def open_ticket(work: InMemory, ticket_id: UUID = FIRST, **facts: Any) -> Ticket:
    asked = {"number": None, "customer_id": None, "opened_by": "customer"} | facts
    return tickets.open(work, ticket_id=ticket_id, **asked)


def put(work: InMemory, **facts: Any) -> Ticket:
    asked = {"number": None, "customer_id": None, "opened_by": "customer", "external": ("desk", "1")} | facts
    return tickets.create_or_change(work, ticket_id=FIRST, **asked)


def facts(ticket: Ticket) -> list[str]:
    return [type(event).__name__ for event, _ in ticket.pending]


def test_a_ticket_without_a_number_gets_the_next_free_one_and_keeps_it(work: InMemory) -> None:
    assert (open_ticket(work).number, open_ticket(work, SECOND).number) == ("1", "2")
    assert open_ticket(work).version == 1
    assert len(work.numbers) == 2


def test_a_number_can_be_claimed_only_once(work: InMemory) -> None:
    open_ticket(work, number="T-7")
    with pytest.raises(NumberTaken):
        open_ticket(work, SECOND, number="T-7")


def test_a_ticket_of_a_merged_customer_is_recorded_for_the_survivor(work: InMemory) -> None:
    ada, _ = register(work), register(work, BOB)
    ada.survivor = BOB
    assert open_ticket(work, customer_id=ADA).customer_id == BOB
    assert tickets.set_requester(work, ticket_id=FIRST, customer_id=ADA).version == 1


def test_a_ticket_of_an_unknown_or_an_erased_customer_is_refused(work: InMemory) -> None:
    with pytest.raises(CustomerUnknown):
        open_ticket(work, customer_id=ADA)
    register(work).erase(work.context, reason="requested", requested_by="customer", receipt="R1")
    asked: tuple[dict[str, Any], ...] = ({"customer_id": ADA}, {"about": (Reference(kind="customer", id=ADA),)})
    for named in asked:
        with pytest.raises(CustomerErased):
            open_ticket(work, **named)


def test_everything_that_a_ticket_names_must_exist(work: InMemory) -> None:
    for named in ({"parent_id": SECOND}, {"follow_up_of": SECOND}, {"about": (Reference(kind="order", id=ORDER),)}):
        with pytest.raises(NotThere):
            open_ticket(work, **named)
    with pytest.raises(OwnRelative):
        open_ticket(work, parent_id=FIRST)
    with pytest.raises(Malformed):
        open_ticket(work, about=(Reference(kind="weather", id=ORDER),))


def test_a_put_opens_a_ticket_and_then_changes_it(work: InMemory) -> None:
    register(work)
    tea = Item(line_id="tea", name="Tea", quantity=Decimal(1), unit_price=Decimal(5))
    orders.place(work, order_id=ORDER, number="1", customer_id=None, channel="web", currency="EUR", lines=[tea])
    put(work, title="Broken", channel="email")
    about = (Reference(kind="order", id=ORDER),)
    changed: dict[str, Any] = {
        "title": "Broken cup",
        "priority": "high",
        "category": "damage",
        "customer_id": ADA,
        "about": about,
    }
    ticket = put(work, **changed)
    assert facts(ticket) == [
        *("Opened", "ExternalIdLinked", "RequesterChanged", "Linked"),
        *("DetailsChanged", "Categorised", "PriorityChanged"),
    ]
    assert put(work, **changed).version == 7
    assert ticket.details["description"] is None


@pytest.mark.parametrize("different", [{"number": "T-9"}, {"opened_by": "agent"}, {"channel": "phone"}, {"parent_id": SECOND}])
def test_a_put_with_other_values_than_the_ticket_was_opened_with_is_refused(work: InMemory, different: dict[str, Any]) -> None:
    put(work, channel="email")
    with pytest.raises(TicketOpenedOtherwise):
        put(work, **different)


def test_a_ticket_is_merged_into_the_last_ticket_of_a_chain(work: InMemory) -> None:
    for id in (FIRST, SECOND, THIRD):
        open_ticket(work, id)
    tickets.merge(work, ticket_id=SECOND, into=THIRD)
    for _ in range(2):
        assert tickets.merge(work, ticket_id=FIRST, into=SECOND).merged_into == THIRD
    with pytest.raises(OwnRelative):
        tickets.merge(work, ticket_id=THIRD, into=SECOND)


def test_every_decision_has_its_command(work: InMemory) -> None:
    open_ticket(work)
    reply = Replied(reply_id="r-1", by="agent", body="Hello")
    calls: list[tuple[Any, dict[str, Any]]] = [
        (tickets.change, {"title": "Broken"}),
        (tickets.categorise, {"category": "damage"}),
        (tickets.change_priority, {"priority": "high"}),
        (tickets.reply, {"reply": reply}),
        (tickets.redact_reply, {"reply_id": "r-1"}),
        (tickets.apply_sla, {"policy_id": ORDER, "policy_version": 1, "targets": [SlaTarget(metric="reply", seconds=60)]}),
        (tickets.breach_sla, {"metric": "reply"}),
        (tickets.pend, {"status_label": "waiting for you"}),
        (tickets.hold, {"reason": "supplier"}),
        (tickets.resume, {}),
        (tickets.escalate, {"team": "warehouse"}),
        (tickets.solve, {"code": "replaced"}),
        (tickets.reopen, {"reason": "again"}),
        (tickets.solve, {"resolution": "Replaced again"}),
        (tickets.close, {}),
        (tickets.discard, {"reason": "test"}),
    ]
    for version, (command, named) in enumerate(calls, start=2):
        assert command(work, ticket_id=FIRST, **named).version == version


def test_commands_on_a_missing_ticket_are_refused(work: InMemory) -> None:
    for command in (tickets.pend, tickets.solve, tickets.close):
        with pytest.raises(NotThere):
            command(work, ticket_id=FIRST)
    assert not work.facts(FIRST)
