"""A ticket's way from status to status, and what is refused live and flagged in a history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.service.ticket.refusals import (
    BeforeOpening,
    OwnRelative,
    TicketClosed,
    TicketMerged,
    TicketNotSolved,
    TicketNotWaiting,
    TicketSolved,
)
from domain.service.ticket.status import Moved, Standing, course
from domain.service.ticket.ticket import Ticket, move_of
from domain.shared.refusals import Malformed, Refusal
from tests.domain.given import NOW, facts, flags, imported, live
from tests.domain.sales.given_orders import ORDER
from tests.domain.service.given_tickets import LATER, MUCH_LATER, OPENED, OTHER_TICKET, TICKET, closed, opened, reply, solved

Act = Callable[[Ticket, Any], object]

ASSIGN: Act = lambda ticket, context: ticket.assign(context, "agent-7", None)  # noqa: E731
ACTS: dict[str, Act] = {
    "assign": ASSIGN,
    "pend": Ticket.pend,
    "hold": Ticket.hold,
    "resume": Ticket.resume,
    "escalate": Ticket.escalate,
    "solve": Ticket.solve,
    "reopen": Ticket.reopen,
    "close": Ticket.close,
    "merge": lambda ticket, context: ticket.merge_into(context, OTHER_TICKET),
    "discard": lambda ticket, context: ticket.discard(context, reason="spam"),
}


def after(*names: str) -> Ticket:
    """A ticket after these decisions, an hour between them."""
    ticket = opened()
    for hours, name in enumerate(names, start=1):
        ACTS[name](ticket, live(OPENED + timedelta(hours=hours)))
    return ticket


@pytest.mark.parametrize(
    ("names", "status"),
    [
        ([], "new"),
        (["escalate"], "new"),
        (["assign"], "open"),
        (["pend"], "pending"),
        (["pend", "assign"], "pending"),
        (["pend", "hold"], "on_hold"),
        (["hold", "resume"], "open"),
        (["solve"], "solved"),
        (["solve", "reopen"], "open"),
        (["solve", "close"], "closed"),
        (["merge"], "closed"),
        (["discard"], "closed"),
        (["discard", "reopen"], "open"),
    ],
)
def test_decisions_lead_from_status_to_status(names: list[str], status: str) -> None:
    assert after(*names).status == status


@pytest.mark.parametrize(
    ("names", "act", "refusal"),
    [
        ([], "resume", TicketNotWaiting),
        ([], "close", TicketNotSolved),
        (["pend"], "close", TicketNotSolved),
        ([], "reopen", TicketNotSolved),
        (["solve"], "pend", TicketSolved),
        (["solve"], "hold", TicketSolved),
        (["solve"], "resume", TicketSolved),
        *((["solve", "close"], act, TicketClosed) for act in ("assign", "pend", "hold", "resume", "escalate", "solve")),
        (["solve", "close"], "reopen", TicketClosed),
        (["solve", "close"], "merge", TicketClosed),
        (["merge"], "reopen", TicketClosed),
    ],
)
def test_what_our_rules_forbid_is_refused_live_and_flagged_in_a_history(
    names: list[str], act: str, refusal: type[Refusal]
) -> None:
    ticket = after(*names)
    with pytest.raises(refusal):
        ACTS[act](ticket, live())
    ACTS[act](ticket, imported(MUCH_LATER))
    assert flags(ticket) == (refusal.rule,)


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ("resume", "reopen", "close")])
def test_nothing_is_done_before_the_opening(act: str) -> None:
    ticket, before = opened(), OPENED - timedelta(days=2)
    with pytest.raises(BeforeOpening):
        ACTS[act](ticket, live(before))
    ACTS[act](ticket, imported(before))
    assert flags(ticket) == (BeforeOpening.rule,)


def test_a_fact_known_by_its_day_may_be_of_the_day_of_the_opening() -> None:
    ticket = opened()
    midnight = OPENED.replace(hour=0, minute=0)
    ticket.solve(live(midnight, occurred_precision="day"))
    assert ticket.status == "solved"


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ("resume", "reopen", "close")])
def test_the_same_again_records_nothing(act: str) -> None:
    ticket = opened()
    for context in (live(LATER), live(LATER), live()):
        ACTS[act](ticket, context)
    assert ticket.version == 2


@pytest.mark.parametrize("names", [["solve"], ["pend"], ["hold"], ["discard"], ["escalate"], ["solve", "close"]])
def test_a_status_that_names_another_time_is_recorded_and_flagged(names: list[str]) -> None:
    ticket = after(*names)
    ACTS[names[-1]](ticket, live(MUCH_LATER))
    assert flags(ticket) == ("repeated",)
    version = ticket.version
    ACTS[names[-1]](ticket, live(MUCH_LATER))
    assert ticket.version == version


def test_a_ticket_solved_twice_was_solved_since_the_first_time() -> None:
    ticket = solved()
    ticket.solve(live(MUCH_LATER), code="replaced")
    assert ticket.standing() == Standing("solved", LATER, "solved")


def test_a_ticket_that_a_reply_reopened_is_solved_anew() -> None:
    ticket = solved()
    reply(ticket, "customer", live(MUCH_LATER))
    ticket.solve(live(NOW))
    assert (flags(ticket), ticket.standing().since) == ((), NOW)


def test_a_late_fact_takes_its_place() -> None:
    ticket = opened()
    ticket.solve(live(MUCH_LATER))
    ticket.pend(live(LATER))
    assert (ticket.status, flags(ticket)) == ("solved", ())


def test_a_decision_without_a_time_comes_after_all_that_is_known() -> None:
    ticket = opened()
    ticket.solve(live(NOW + timedelta(minutes=1)))
    ticket.close(live())
    assert ticket.status == "closed"


def test_an_escalation_is_news_again_once_the_ticket_was_solved() -> None:
    ticket = after("escalate", "solve", "reopen")
    ticket.escalate(live())
    assert ticket.version == 5


def test_taking_an_assignment_back_opens_nothing() -> None:
    ticket = opened()
    ticket.assign(live(LATER), None, None)
    assert ticket.version == 1
    ticket.assign(live(LATER), "agent-7", None)
    ticket.assign(live(MUCH_LATER), None, None)
    assert [move_of(event) for event in facts(ticket)] == [None, "assigned", None]


def test_a_ticket_is_not_merged_into_itself_nor_into_two() -> None:
    with pytest.raises(OwnRelative):
        opened().merge_into(live(), TICKET)
    with pytest.raises(TicketMerged):
        after("merge").merge_into(live(), ORDER)


def test_a_closed_ticket_may_turn_out_to_have_been_no_case() -> None:
    ticket = closed()
    ticket.discard(live(), reason="test")
    assert (ticket.status, ticket.standing().by) == ("closed", "discarded")


@pytest.mark.parametrize("odd", [{"status_label": "x" * 65}, {"code": "a sentence"}, {"resolution": ""}])
def test_an_odd_solution_is_refused(odd: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        opened().solve(live(), **odd)


def test_a_course_is_each_standing_with_the_move_that_led_there() -> None:
    moves = [Moved(LATER, 2, "assigned"), Moved(LATER, 3, "assigned"), Moved(NOW, 4, "closed"), Moved(NOW, 5, "discarded")]
    assert course(OPENED, moves) == [
        Standing("new", OPENED),
        Standing("open", LATER, "assigned"),
        Standing("closed", NOW, "closed"),
        Standing("closed", NOW, "discarded"),
    ]
