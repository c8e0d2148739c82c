"""Tickets: opened, told about, replied to."""

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


def test_a_ticket_is_opened_with_what_is_known() -> None:
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


def test_a_ticket_of_nobody_is_its_own_subject() -> None:
    assert opened().subject == TICKET


def test_a_ticket_opened_again_records_nothing_whenever_that_is_told() -> None:
    ticket = opened()
    open_ticket(ticket, live(LATER))
    assert ticket.version == 1


def test_a_ticket_opened_again_after_its_words_were_forgotten_records_nothing() -> None:
    ticket = Ticket(TICKET)
    ticket.record(live(OPENED), Opened(number="T-1", opened_by="customer", channel="email"))
    open_ticket(ticket)
    assert ticket.version == 1


def test_a_ticket_opened_otherwise_is_refused() -> None:
    with pytest.raises(TicketOpenedOtherwise):
        open_ticket(opened(), channel="phone")


@pytest.mark.parametrize("relative", ["follow_up_of", "parent_id"])
def test_a_ticket_is_no_relative_of_its_own(relative: str) -> None:
    with pytest.raises(OwnRelative):
        opened(**{relative: TICKET})


@pytest.mark.parametrize(
    "odd", [{"opened_by": "ghost"}, {"title": " "}, {"channel": "x" * 65}, {"about": (Reference(kind="a b", id=ORDER),)}]
)
def test_a_ticket_opened_with_odd_values_is_refused(odd: Any) -> None:
    with pytest.raises(Malformed):
        opened(**odd)


# What it is about


def test_only_what_changes_is_recorded_of_details() -> None:
    ticket = opened(description="Two of six")
    ticket.change_details(live(), {"title": "Broken cup", "description": None})
    assert facts(ticket)[1:] == [DetailsChanged(cleared=("description",))]
    ticket.change_details(live(), {"description": None})
    assert ticket.version == 2


def test_category_and_priority_change_and_may_be_none() -> None:
    ticket = opened(priority="high")
    ticket.categorise(live(), "damage")
    ticket.change_priority(live(), None)
    ticket.change_priority(live(), None)
    assert (ticket.category, ticket.priority, ticket.version) == ("damage", None, 3)


def test_a_ticket_changes_its_requester_and_concerns_both() -> None:
    ticket = opened(customer_id=CUSTOMER)
    ticket.set_requester(live(), CUSTOMER)
    ticket.set_requester(live(), OTHER_CUSTOMER)
    assert facts(ticket)[1:] == [RequesterChanged(customer_id=OTHER_CUSTOMER, previous_customer_id=CUSTOMER)]
    assert ticket.pending[-1][1].concerns == (OTHER_CUSTOMER,)
    assert facts(ticket)[-1].erased_with() == (OTHER_CUSTOMER,)


def test_a_requester_of_the_past_told_again_is_no_news() -> None:
    ticket = opened()
    for customer, at in ((CUSTOMER, LATER), (OTHER_CUSTOMER, MUCH_LATER), (CUSTOMER, LATER)):
        ticket.set_requester(live(at), customer)
    assert (ticket.customer_id, ticket.version) == (OTHER_CUSTOMER, 3)


def test_a_ticket_is_linked_once_to_what_it_is_about() -> None:
    ticket = opened()
    for _ in range(2):
        ticket.link(live(), Reference(kind="order", id=ORDER))
    assert ticket.version == 2


# Replies


def test_an_agents_public_reply_opens_a_new_ticket() -> None:
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


def test_an_automatic_answer_of_the_customer_changes_no_status() -> None:
    ticket = opened()
    ticket.solve(live())
    reply(ticket, "customer", automatic=True)
    assert ticket.status == "solved"


@pytest.mark.parametrize("by", ["agent", "customer"])
def test_a_closed_ticket_takes_no_reply_live_and_a_flagged_one_from_history(by: str) -> None:
    ticket = closed()
    with pytest.raises(TicketClosed, match="follow"):
        reply(ticket, by)
    reply(ticket, by, imported(MUCH_LATER))
    assert (flags(ticket), ticket.status) == (("ticket-closed",), "closed")


def test_a_reply_from_before_the_closing_may_be_told_late() -> None:
    ticket = opened()
    ticket.solve(live(LATER))
    ticket.close(live(MUCH_LATER))
    reply(ticket, "agent", live(LATER + timedelta(hours=1)))
    assert (flags(ticket), ticket.status) == ((), "closed")


def test_a_late_reply_reopens_nothing_that_was_solved_after_it() -> None:
    ticket = opened()
    ticket.solve(live(MUCH_LATER))
    reply(ticket, "customer", live(LATER))
    assert ticket.status == "solved"


def test_a_reply_older_than_the_ticket_is_a_fact_from_outside_if_the_customer_wrote_it() -> None:
    ticket, before = opened(), OPENED - timedelta(days=1)
    reply(ticket, "customer", live(before))
    assert flags(ticket) == (REPLY_BEFORE_OPENING,)
    with pytest.raises(BeforeOpening):
        reply(ticket, "agent", live(before), reply_id="r-2")


def test_a_reply_is_known_by_its_id() -> None:
    ticket = opened()
    reply(ticket, "agent")
    reply(ticket, "agent")
    assert ticket.version == 2
    with pytest.raises(ReplyKnownOtherwise):
        reply(ticket, "agent", body="Other")


@pytest.mark.parametrize("odd", [{"reply_id": ""}, {"by": "ghost"}, {"visibility": "internal"}, {"to": ("",)}])
def test_an_odd_reply_is_refused(odd: Any) -> None:
    with pytest.raises(Malformed):
        reply(opened(), **({"by": "customer"} | odd))


def test_a_redacted_reply_is_still_known_and_told_again_is_no_news() -> None:
    ticket = opened()
    file = Attachment(id=ORDER, media_type="image/png", bytes=1, sha256="ab" * 32, name="cup.png")
    for _ in range(2):
        reply(ticket, "customer", attachments=(file,), to=("a@example.org",))
        ticket.redact_reply(live(), "r-1", reason="card_number")
    assert facts(ticket)[2:] == [ReplyRedacted(reply_id="r-1", reason="card_number")]
    assert ticket.replies["r-1"] == without_personal(ticket.replies["r-1"])
    assert ticket.replies["r-1"].attachments[0].bytes == 1


def test_an_unknown_reply_is_not_redacted() -> None:
    with pytest.raises(ReplyUnknown):
        opened().redact_reply(live(), "r-1")


# Service levels


def test_a_broken_promise_is_recorded_once() -> None:
    ticket = opened()
    with pytest.raises(TargetUnknown):
        ticket.breach_sla(live(), "first_response")
    for _ in range(2):
        ticket.apply_sla(live(), ORDER, 3, [SlaTarget(metric="first_response", seconds=3600, hours="business")])
        ticket.breach_sla(live(), "first_response")
    assert ticket.version == 3


def test_of_each_wait_for_a_next_reply_the_promise_may_be_broken() -> None:
    ticket = opened()
    ticket.apply_sla(live(), ORDER, 3, [SlaTarget(metric="next_reply", seconds=3600)])
    for at in (OPENED, OPENED, LATER):
        ticket.breach_sla(live(at), "next_reply")
    assert (ticket.version, flags(ticket)) == (4, ())


@pytest.mark.parametrize("seconds", [[], [0], [60, 60]])
def test_a_promise_has_targets_that_can_be_kept(seconds: list[int]) -> None:
    with pytest.raises(Malformed):
        opened().apply_sla(live(), ORDER, 1, [SlaTarget(metric="first_response", seconds=n) for n in seconds])


def test_a_replay_gives_the_same_ticket() -> None:
    ticket = closed()
    reply(ticket, "customer", imported(MUCH_LATER))
    ticket.redact_reply(live(), "r-1")
    ticket.assign(imported(MUCH_LATER), "agent-7", None)
    assert state(stored(ticket)) == state(ticket)
    assert isinstance(facts(ticket)[3], Replied)
