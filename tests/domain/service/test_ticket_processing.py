"""The statuses of a ticket, and which decisions are refused live and flagged on import."""

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
    """A ticket after these decisions, one hour apart."""
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
def test_the_status_after_these_decisions(names: list[str], status: str) -> None:
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
def test_a_forbidden_decision_is_refused_live_and_flagged_on_import(names: list[str], act: str, refusal: type[Refusal]) -> None:
    ticket = after(*names)
    with pytest.raises(refusal):
        ACTS[act](ticket, live())
    ACTS[act](ticket, imported(MUCH_LATER))
    assert flags(ticket) == (refusal.rule,)


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ("resume", "reopen", "close")])
def test_decisions_before_the_opening_are_refused_live_and_flagged_on_import(act: str) -> None:
    ticket, before = opened(), OPENED - timedelta(days=2)
    with pytest.raises(BeforeOpening):
        ACTS[act](ticket, live(before))
    ACTS[act](ticket, imported(before))
    assert flags(ticket) == (BeforeOpening.rule,)


def test_a_fact_known_only_by_its_day_can_be_on_the_day_of_the_opening() -> None:
    ticket = opened()
    midnight = OPENED.replace(hour=0, minute=0)
    ticket.solve(live(midnight, occurred_precision="day"))
    assert ticket.status == "solved"


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ("resume", "reopen", "close")])
def test_the_same_decision_again_records_nothing(act: str) -> None:
    ticket = opened()
    for context in (live(LATER), live(LATER), live()):
        ACTS[act](ticket, context)
    assert ticket.version == 2


@pytest.mark.parametrize("names", [["solve"], ["pend"], ["hold"], ["discard"], ["escalate"], ["solve", "close"]])
def test_a_repeated_status_at_another_time_is_recorded_and_flagged(names: list[str]) -> None:
    ticket = after(*names)
    ACTS[names[-1]](ticket, live(MUCH_LATER))
    assert flags(ticket) == ("repeated",)
    version = ticket.version
    ACTS[names[-1]](ticket, live(MUCH_LATER))
    assert ticket.version == version


def test_a_ticket_solved_twice_is_solved_since_the_first_time() -> None:
    ticket = solved()
    ticket.solve(live(MUCH_LATER), code="replaced")
    assert ticket.standing() == Standing("solved", LATER, "solved")


def test_a_ticket_reopened_by_a_reply_can_be_solved_again() -> None:
    ticket = solved()
    reply(ticket, "customer", live(MUCH_LATER))
    ticket.solve(live(NOW))
    assert (flags(ticket), ticket.standing().since) == ((), NOW)


def test_a_fact_recorded_late_counts_from_the_time_at_which_it_happened() -> None:
    ticket = opened()
    ticket.solve(live(MUCH_LATER))
    ticket.pend(live(LATER))
    assert (ticket.status, flags(ticket)) == ("solved", ())


def test_a_decision_without_a_time_comes_after_all_recorded_facts() -> None:
    ticket = opened()
    ticket.solve(live(NOW + timedelta(minutes=1)))
    ticket.close(live())
    assert ticket.status == "closed"


def test_an_escalation_is_recorded_again_after_the_ticket_was_solved() -> None:
    ticket = after("escalate", "solve", "reopen")
    ticket.escalate(live())
    assert ticket.version == 5


def test_removing_an_assignment_does_not_open_a_ticket() -> None:
    ticket = opened()
    ticket.assign(live(LATER), None, None)
    assert ticket.version == 1
    ticket.assign(live(LATER), "agent-7", None)
    ticket.assign(live(MUCH_LATER), None, None)
    assert [move_of(event) for event in facts(ticket)] == [None, "assigned", None]


def test_a_ticket_cannot_be_merged_into_itself_or_into_two_tickets() -> None:
    with pytest.raises(OwnRelative):
        opened().merge_into(live(), TICKET)
    with pytest.raises(TicketMerged):
        after("merge").merge_into(live(), ORDER)


def test_a_closed_ticket_can_be_discarded() -> None:
    ticket = closed()
    ticket.discard(live(), reason="test")
    assert (ticket.status, ticket.standing().by) == ("closed", "discarded")


@pytest.mark.parametrize("wrong", [{"status_label": "x" * 65}, {"code": "a sentence"}, {"resolution": ""}])
def test_an_invalid_solution_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        opened().solve(live(), **wrong)


def test_a_course_lists_each_status_with_the_move_that_led_to_it() -> None:
    moves = [Moved(LATER, 2, "assigned"), Moved(LATER, 3, "assigned"), Moved(NOW, 4, "closed"), Moved(NOW, 5, "discarded")]
    assert course(OPENED, moves) == [
        Standing("new", OPENED),
        Standing("open", LATER, "assigned"),
        Standing("closed", NOW, "closed"),
        Standing("closed", NOW, "discarded"),
    ]
