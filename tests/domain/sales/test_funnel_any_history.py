"""Any sequence of decisions on a lead or a deal keeps the rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.sales.deal.deal import Deal
from domain.sales.deal.events import Won
from domain.sales.deal.refusals import BEFORE_LEAD
from domain.sales.funnel import Pursuit
from domain.sales.lead.events import Converted
from domain.sales.lead.lead import Lead
from domain.sales.lead.refusals import BEFORE_CAPTURE
from domain.shared.events import Actor, Context
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored
from tests.domain.sales.given_leads import BEGUN, DEAL, LEAD, capture, open_deal, place
from tests.domain.sales.given_orders import CUSTOMER, ORDER, OTHER_CUSTOMER

times = st.none() | st.integers(min_value=-5, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
codes = st.sampled_from(["a", "b", "no code"])
OURS = {Lead: (Lead.already_ended, Lead.not_ended, Lead.early), Deal: (Deal.already_ended, Deal.not_ended, Deal.early)}


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.lead, self.deal = Lead(LEAD), Deal(DEAL)
        self.clock = NOW

    def attempt(self, thing: Pursuit, decision: str, origin: Any, at: datetime | None, *values: Any, **named: Any) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), origin=origin, occurred_at=at)
        before, recorded = state(stored(thing)), len(thing.pending)
        try:
            getattr(thing, decision)(context, *values, **named)
        except Refusal:
            assert state(thing) == before
        assert len(thing.pending) - recorded in (0, 1)
        if len(thing.pending) > recorded and at is not None:
            version = thing.version
            getattr(thing, decision)(context, *values, **named)
            assert thing.version == version

    @initialize(customer=st.sampled_from([None, CUSTOMER]))
    def begun(self, customer: Any) -> None:
        capture(self.lead, customer_id=customer)
        open_deal(self.deal, lead_id=LEAD, lead_captured_at=BEGUN)

    @rule(decision=st.sampled_from(["lose", "reopen"]), lead=st.booleans(), origin=origins, at=times, reason=codes)
    def end(self, decision: str, lead: bool, origin: Any, at: datetime | None, reason: Any) -> None:
        self.attempt(self.lead if lead else self.deal, decision, origin, at, reason=reason)

    @rule(origin=origins, at=times, stage=codes)
    def advance(self, origin: Any, at: datetime | None, stage: str) -> None:
        self.attempt(self.lead, "change_stage", origin, at, stage)

    @rule(origin=origins, at=times)
    def qualify(self, origin: Any, at: datetime | None) -> None:
        self.attempt(self.lead, "qualify", origin, at)

    @rule(origin=origins, at=times, customer=st.sampled_from([CUSTOMER, OTHER_CUSTOMER]), value=st.sampled_from([None, 5, -5]))
    def convert(self, origin: Any, at: datetime | None, customer: Any, value: int | None) -> None:
        worth: dict[str, Any] = {} if value is None else {"value": Decimal(value), "currency": "EUR"}
        self.attempt(self.lead, "convert", origin, at, Converted(customer_id=customer, **worth))

    @rule(origin=origins, at=times, stage=st.sampled_from(["talking", "offered", "nowhere"]))
    def move(self, origin: Any, at: datetime | None, stage: str) -> None:
        self.attempt(self.deal, "change_stage", origin, at, place(stage))

    @rule(origin=origins, at=times, amount=st.sampled_from([None, 5, 7, -5]), day=st.sampled_from([None, date(2026, 5, 1)]))
    def change(self, origin: Any, at: datetime | None, amount: int | None, day: date | None) -> None:
        worth = (None, None) if amount is None else (Decimal(amount), "EUR")
        self.attempt(self.deal, "change_amount", origin, at, *worth)
        self.attempt(self.deal, "change_close_date", origin, at, day)

    @rule(origin=origins, at=times, order=st.sampled_from([None, ORDER]))
    def win(self, origin: Any, at: datetime | None, order: Any) -> None:
        self.attempt(self.deal, "win", origin, at, order_id=order, lead_captured_at=BEGUN)

    @rule(lead=st.booleans(), origin=origins, at=times, owner=codes)
    def assign(self, lead: bool, origin: Any, at: datetime | None, owner: Any) -> None:
        thing = self.lead if lead else self.deal
        if thing.assignment != (owner, None):
            at = None
        self.attempt(thing, "assign", origin, at, owner, None)

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        for thing in (self.lead, self.deal):
            assert state(stored(thing)) == state(thing)

    @invariant()
    def a_converted_lead_has_its_conversion(self) -> None:
        assert self.lead.ended in (None, "lost", "converted")
        assert self.lead.ended != "converted" or self.lead.conversion is not None
        assert (self.deal.order_id is None) or self.deal.ended in ("won", "lost")

    @invariant()
    def only_imports_break_our_rules(self) -> None:
        for thing in (self.lead, self.deal):
            rules = {refusal.rule for refusal in OURS[type(thing)]}
            for event, metadata in thing.pending:
                assert metadata.origin == "import" or not rules & set(metadata.irregular)
                if isinstance(event, Converted | Won) and metadata.occurred_at < BEGUN:
                    assert {BEFORE_CAPTURE, BEFORE_LEAD, "repeated"} & set(metadata.irregular)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
