"""Tickets: opening, details, replies and service levels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.service.ticket.correspondence import Replied, ReplyRedacted
from domain.service.ticket.opening import DetailsChanged, Opened, RequesterChanged
from domain.service.ticket.refusals import (
    REPLY_BEFORE_OPENING,
    BeforeOpening,
    OwnRelative,
    ReplyKnownOtherwise,
    ReplyUnknown,
    TargetUnknown,
    TicketClosed,
    TicketOpenedOtherwise,
)
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import SlaTarget
from domain.shared.annotations import Attachment
from domain.shared.personal import without_personal
from domain.shared.reference import Reference
from domain.shared.refusals import Malformed
from tests.domain.given import facts, flags, imported, live, state, stored
from tests.domain.sales.given_orders import CUSTOMER, ORDER, OTHER_CUSTOMER
from tests.domain.service.given_tickets import (
    LATER,
    MUCH_LATER,
    OPENED,
    OTHER_TICKET,
    TICKET,
    closed,
    open_ticket,
    opened,
    reply,
)

# Opening


def test_a_ticket_is_opened_with_all_given_facts() -> None:
    about = (Reference(kind="order", id=ORDER),)
    ticket = opened(customer_id=CUSTOMER, about=about, category="broken goods", follow_up_of=OTHER_TICKET)
    assert facts(ticket) == [
        Opened(
            number="T-1",
            opened_by="customer",
            customer_id=CUSTOMER,
            title="Broken cup",
            channel="email",
            category="broken goods",
            about=about,
            follow_up_of=OTHER_TICKET,
        )
    ]
    assert (ticket.status, ticket.subject) == ("new", CUSTOMER)


def test_a_ticket_without_a_customer_is_its_own_subject() -> None:
    assert opened().subject == TICKET


def test_opening_a_ticket_again_records_nothing_at_any_time() -> None:
    ticket = opened()
    open_ticket(ticket, live(LATER))
    assert ticket.version == 1


def test_opening_a_ticket_again_after_its_texts_were_erased_records_nothing() -> None:
    ticket = Ticket(TICKET)
    ticket.record(live(OPENED), Opened(number="T-1", opened_by="customer", channel="email"))
    open_ticket(ticket)
    assert ticket.version == 1


def test_opening_a_ticket_again_with_other_values_is_refused() -> None:
    with pytest.raises(TicketOpenedOtherwise):
        open_ticket(opened(), channel="phone")


@pytest.mark.parametrize("relative", ["follow_up_of", "parent_id"])
def test_a_ticket_cannot_follow_up_on_itself_or_be_its_own_parent(relative: str) -> None:
    with pytest.raises(OwnRelative):
        opened(**{relative: TICKET})


@pytest.mark.parametrize(
    "wrong", [{"opened_by": "ghost"}, {"title": " "}, {"channel": "x" * 65}, {"about": (Reference(kind="a b", id=ORDER),)}]
)
def test_opening_a_ticket_with_invalid_values_is_refused(wrong: Any) -> None:
    with pytest.raises(Malformed):
        opened(**wrong)


# Details and references


def test_only_changed_details_are_recorded() -> None:
    ticket = opened(description="Two of six")
    ticket.change_details(live(), {"title": "Broken cup", "description": None})
    assert facts(ticket)[1:] == [DetailsChanged(cleared=("description",))]
    ticket.change_details(live(), {"description": None})
    assert ticket.version == 2


def test_category_and_priority_change_and_can_be_none() -> None:
    ticket = opened(priority="high")
    ticket.categorise(live(), "damage")
    ticket.change_priority(live(), None)
    ticket.change_priority(live(), None)
    assert (ticket.category, ticket.priority, ticket.version) == ("damage", None, 3)


def test_changing_the_requester_concerns_both_customers() -> None:
    ticket = opened(customer_id=CUSTOMER)
    ticket.set_requester(live(), CUSTOMER)
    ticket.set_requester(live(), OTHER_CUSTOMER)
    assert facts(ticket)[1:] == [RequesterChanged(customer_id=OTHER_CUSTOMER, previous_customer_id=CUSTOMER)]
    assert ticket.pending[-1][1].concerns == (OTHER_CUSTOMER,)
    assert facts(ticket)[-1].erased_with() == (OTHER_CUSTOMER,)


def test_repeating_an_earlier_requester_change_changes_nothing() -> None:
    ticket = opened()
    for customer, at in ((CUSTOMER, LATER), (OTHER_CUSTOMER, MUCH_LATER), (CUSTOMER, LATER)):
        ticket.set_requester(live(at), customer)
    assert (ticket.customer_id, ticket.version) == (OTHER_CUSTOMER, 3)


def test_a_ticket_is_linked_once_to_the_same_reference() -> None:
    ticket = opened()
    for _ in range(2):
        ticket.link(live(), Reference(kind="order", id=ORDER))
    assert ticket.version == 2


# Replies


def test_an_agents_public_reply_changes_a_new_ticket_to_open() -> None:
    ticket = opened()
    statuses = []
    ways: dict[str, Any] = {"note": {"visibility": "internal"}, "robot": {"automatic": True}, "answer": {}}
    for reply_id, how in ways.items():
        reply(ticket, "agent", reply_id=reply_id, **how)
        statuses.append(ticket.status)
    assert statuses == ["new", "new", "open"]


@pytest.mark.parametrize(("before", "after"), [("solve", "open"), ("pend", "open"), ("hold", "on_hold")])
def test_a_customers_reply_reopens_a_solved_ticket_and_resumes_a_pending_one(before: str, after: str) -> None:
    ticket = opened()
    getattr(ticket, before)(live())
    reply(ticket, "customer")
    assert ticket.status == after
    assert len(facts(ticket)) == 3


def test_an_automatic_reply_does_not_change_the_status() -> None:
    ticket = opened()
    ticket.solve(live())
    reply(ticket, "customer", automatic=True)
    assert ticket.status == "solved"


@pytest.mark.parametrize("by", ["agent", "customer"])
def test_a_reply_to_a_closed_ticket_is_refused_live_and_flagged_on_import(by: str) -> None:
    ticket = closed()
    with pytest.raises(TicketClosed, match="follow"):
        reply(ticket, by)
    reply(ticket, by, imported(MUCH_LATER))
    assert (flags(ticket), ticket.status) == (("ticket-closed",), "closed")


def test_a_reply_from_before_the_closing_can_be_recorded_late() -> None:
    ticket = opened()
    ticket.solve(live(LATER))
    ticket.close(live(MUCH_LATER))
    reply(ticket, "agent", live(LATER + timedelta(hours=1)))
    assert (flags(ticket), ticket.status) == ((), "closed")


def test_a_reply_recorded_late_does_not_reopen_a_ticket_solved_after_it() -> None:
    ticket = opened()
    ticket.solve(live(MUCH_LATER))
    reply(ticket, "customer", live(LATER))
    assert ticket.status == "solved"


def test_a_customers_reply_before_the_opening_is_recorded_and_flagged() -> None:
    ticket, before = opened(), OPENED - timedelta(days=1)
    reply(ticket, "customer", live(before))
    assert flags(ticket) == (REPLY_BEFORE_OPENING,)
    with pytest.raises(BeforeOpening):
        reply(ticket, "agent", live(before), reply_id="r-2")


def test_a_reply_is_identified_by_its_id() -> None:
    ticket = opened()
    reply(ticket, "agent")
    reply(ticket, "agent")
    assert ticket.version == 2
    with pytest.raises(ReplyKnownOtherwise):
        reply(ticket, "agent", body="Other")


@pytest.mark.parametrize("wrong", [{"reply_id": ""}, {"by": "ghost"}, {"visibility": "internal"}, {"to": ("",)}])
def test_an_invalid_reply_is_refused(wrong: Any) -> None:
    with pytest.raises(Malformed):
        reply(opened(), **({"by": "customer"} | wrong))


def test_repeating_a_redacted_reply_records_nothing() -> None:
    ticket = opened()
    file = Attachment(id=ORDER, media_type="image/png", bytes=1, sha256="ab" * 32, name="cup.png")
    for _ in range(2):
        reply(ticket, "customer", attachments=(file,), to=("a@example.org",))
        ticket.redact_reply(live(), "r-1", reason="card_number")
    assert facts(ticket)[2:] == [ReplyRedacted(reply_id="r-1", reason="card_number")]
    assert ticket.replies["r-1"] == without_personal(ticket.replies["r-1"])
    assert ticket.replies["r-1"].attachments[0].bytes == 1


def test_an_unknown_reply_cannot_be_redacted() -> None:
    with pytest.raises(ReplyUnknown):
        opened().redact_reply(live(), "r-1")


# Service levels


def test_a_breach_is_recorded_once() -> None:
    ticket = opened()
    with pytest.raises(TargetUnknown):
        ticket.breach_sla(live(), "first_response")
    for _ in range(2):
        ticket.apply_sla(live(), ORDER, 3, [SlaTarget(metric="first_response", seconds=3600, hours="business")])
        ticket.breach_sla(live(), "first_response")
    assert ticket.version == 3


def test_each_wait_for_a_next_reply_can_be_a_separate_breach() -> None:
    ticket = opened()
    ticket.apply_sla(live(), ORDER, 3, [SlaTarget(metric="next_reply", seconds=3600)])
    for at in (OPENED, OPENED, LATER):
        ticket.breach_sla(live(at), "next_reply")
    assert (ticket.version, flags(ticket)) == (4, ())


@pytest.mark.parametrize("seconds", [[], [0], [60, 60]])
def test_invalid_targets_are_refused(seconds: list[int]) -> None:
    with pytest.raises(Malformed):
        opened().apply_sla(live(), ORDER, 1, [SlaTarget(metric="first_response", seconds=n) for n in seconds])


def test_a_replay_gives_the_same_ticket() -> None:
    ticket = closed()
    reply(ticket, "customer", imported(MUCH_LATER))
    ticket.redact_reply(live(), "r-1")
    ticket.assign(imported(MUCH_LATER), "agent-7", None)
    assert state(stored(ticket)) == state(ticket)
    assert isinstance(facts(ticket)[3], Replied)
