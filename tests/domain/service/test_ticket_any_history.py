"""Any sequence of decisions on a ticket keeps the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.service.ticket.correspondence import Replied
from domain.service.ticket.processing import Closed, Solved
from domain.service.ticket.refusals import BeforeOpening, TicketClosed, TicketNotSolved
from domain.service.ticket.status import course
from domain.service.ticket.ticket import Ticket, move_of
from domain.service.ticket.values import DiscardReason
from domain.shared.events import Actor, Context
from domain.shared.reference import Reference
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored
from tests.domain.sales.given_orders import CUSTOMER, ORDER, OTHER_CUSTOMER
from tests.domain.service.given_tickets import OTHER_TICKET, TICKET

times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
ids = st.sampled_from(["1", "2", "3"])
codes = st.none() | st.sampled_from(["a", "b", "no code"])
replies = st.builds(
    Replied,
    reply_id=ids,
    by=st.sampled_from(["agent", "customer"]),
    visibility=st.sampled_from(["public", "internal"]),
    automatic=st.booleans(),
    body=st.sampled_from(["Hello", " "]),
)


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.ticket = Ticket(TICKET)
        self.clock = NOW

    def attempt(self, decision: str, origin: Any, at: datetime | None, *values: Any, **named: Any) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), origin=origin, occurred_at=at)
        before, recorded = state(stored(self.ticket)), len(self.ticket.pending)
        try:
            getattr(self.ticket, decision)(context, *values, **named)
        except Refusal:
            assert state(self.ticket) == before
        assert len(self.ticket.pending) - recorded in (0, 1)
        if len(self.ticket.pending) > recorded and at is not None:
            version = self.ticket.version
            getattr(self.ticket, decision)(context, *values, **named)
            assert self.ticket.version == version

    @initialize(customer=st.sampled_from([None, CUSTOMER]), by=st.sampled_from(["agent", "customer", "system"]))
    def opened(self, customer: Any, by: Any) -> None:
        context = Context(now=NOW, actor=Actor(type="user", id="u-1"), occurred_at=NOW - timedelta(days=2))
        self.ticket.open(context, number="T-1", opened_by=by, customer_id=customer, title="Broken")

    @rule(decision=st.sampled_from(["pend", "resume", "close"]), origin=origins, at=times, label=codes)
    def move(self, decision: str, origin: Any, at: datetime | None, label: Any) -> None:
        self.attempt(decision, origin, at, status_label=label)

    @rule(decision=st.sampled_from(["hold", "reopen", "escalate"]), origin=origins, at=times, reason=codes)
    def move_for_a_reason(self, decision: str, origin: Any, at: datetime | None, reason: Any) -> None:
        self.attempt(decision, origin, at, reason=reason)

    @rule(origin=origins, at=times, code=codes)
    def solve(self, origin: Any, at: datetime | None, code: Any) -> None:
        self.attempt("solve", origin, at, code=code)

    @rule(origin=origins, at=times, reason=st.sampled_from([*get_args(DiscardReason), "boring"]))
    def discard(self, origin: Any, at: datetime | None, reason: Any) -> None:
        self.attempt("discard", origin, at, reason=reason)

    @rule(origin=origins, at=times, into=st.sampled_from([TICKET, OTHER_TICKET, ORDER]))
    def merge(self, origin: Any, at: datetime | None, into: Any) -> None:
        self.attempt("merge_into", origin, at, into)

    @rule(origin=origins, at=times, reply=replies)
    def reply(self, origin: Any, at: datetime | None, reply: Replied) -> None:
        self.attempt("reply", origin, at, reply)

    @rule(origin=origins, at=times, reply_id=ids)
    def redact(self, origin: Any, at: datetime | None, reply_id: str) -> None:
        self.attempt("redact_reply", origin, at, reply_id)

    @rule(origin=origins, at=times, owner=codes, team=codes)
    def assign(self, origin: Any, at: datetime | None, owner: Any, team: Any) -> None:
        self.attempt("assign", origin, at, owner, team)

    @rule(decision=st.sampled_from(["categorise", "change_priority"]), origin=origins, at=times, value=codes)
    def sort(self, decision: str, origin: Any, at: datetime | None, value: Any) -> None:
        self.attempt(decision, origin, at, value)

    @rule(origin=origins, at=times, title=st.sampled_from(["Broken", "Other", None]))
    def change(self, origin: Any, at: datetime | None, title: Any) -> None:
        self.attempt("change_details", origin, at, {"title": title})

    @rule(origin=origins, at=times, customer=st.sampled_from([CUSTOMER, OTHER_CUSTOMER]))
    def set_requester(self, origin: Any, at: datetime | None, customer: Any) -> None:
        self.attempt("set_requester", origin, at, customer)

    @rule(origin=origins, at=times)
    def link(self, origin: Any, at: datetime | None) -> None:
        self.attempt("link", origin, at, Reference(kind="order", id=ORDER))

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        assert state(stored(self.ticket)) == state(self.ticket)

    @invariant()
    def its_statuses_follow_its_events_in_order_of_time(self) -> None:
        recorded = [(metadata.occurred_at, version, event) for version, (event, metadata) in enumerate(self.ticket.pending, 1)]
        moved = sorted((at, version, move) for at, version, event in recorded if (move := move_of(event)))
        assert self.ticket.moves == moved
        standings = course(recorded[0][0], self.ticket.moves)
        assert self.ticket.standing() == standings[-1]
        assert all(before != then for before, then in pairwise(standings))

    @invariant()
    def live_decisions_are_never_before_the_opening_or_after_the_end(self) -> None:
        opening = self.ticket.pending[0][1].occurred_at
        for event, metadata in self.ticket.pending:
            flags = set(metadata.irregular)
            if isinstance(event, Solved | Closed) and metadata.occurred_at < opening:
                assert BeforeOpening.rule in flags
            if metadata.origin == "live":
                assert not flags & {TicketClosed.rule, TicketNotSolved.rule, BeforeOpening.rule}


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
