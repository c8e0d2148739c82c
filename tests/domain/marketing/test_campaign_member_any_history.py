"""Any sequence of decisions on a member keeps the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.marketing.campaign_member.events import TOUCHES, Clicked, Converted, Opened, Removed, Suppressed, Targeted, Touch
from domain.marketing.campaign_member.member import CampaignMember
from domain.shared.events import Actor, Context
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored
from tests.domain.marketing.given_campaigns import CUSTOMER, MEMBER, MEMBER_IDS, ORDER

times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
ids = st.none() | st.sampled_from(["1", "2", " "])
kinds = st.sampled_from(list(TOUCHES.values()))
codes = st.sampled_from(["a", "b", "no good"])
urls = st.sampled_from(["https://x.example/a", "https://x.example/b", "javascript:alert(1)"])
amounts = st.none() | st.sampled_from(["-1", "0", "10", "0.001"]).map(Decimal)


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.member = CampaignMember(MEMBER)
        self.clock = NOW

    def attempt(self, decision: str, origin: Any, at: datetime | None, *values: Any, **named: Any) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), origin=origin, occurred_at=at)
        before, recorded = state(stored(self.member)), len(self.member.pending)
        try:
            getattr(self.member, decision)(context, *values, **named)
        except Refusal:
            assert state(self.member) == before
        assert len(self.member.pending) - recorded in (0, 1)
        if len(self.member.pending) > recorded and at is not None:
            getattr(self.member, decision)(context, *values, **named)
            assert len(self.member.pending) == recorded + 1, "the same fact at the same time is a repeat"

    @rule(origin=origins, at=times, variant=st.sampled_from(["a", "b", "control"]), unknown=st.booleans(), ended=st.booleans())
    def target(self, origin: Any, at: datetime | None, variant: str, unknown: bool, ended: bool) -> None:
        event = Targeted(**MEMBER_IDS, variant=variant)
        self.attempt("target", origin, at, event, unknown_variant=unknown, campaign_ended=ended)

    @rule(origin=origins, at=times, reason=codes)
    def suppress(self, origin: Any, at: datetime | None, reason: str) -> None:
        self.attempt("suppress", origin, at, Suppressed(**MEMBER_IDS, reason=reason))

    @rule(origin=origins, at=times)
    def remove(self, origin: Any, at: datetime | None) -> None:
        self.attempt("remove", origin, at, Removed(**MEMBER_IDS))

    @rule(origin=origins, at=times, kind=kinds, touch_id=ids, send_id=ids)
    def touch(self, origin: Any, at: datetime | None, kind: type[Touch], touch_id: str | None, send_id: str | None) -> None:
        self.attempt("touch", origin, at, kind(**MEMBER_IDS, touch_id=touch_id, send_id=send_id))

    @rule(origin=origins, at=times, send_id=ids, machine=st.sampled_from(["true", "false"]), url=urls)
    def open_and_click(self, origin: Any, at: datetime | None, send_id: str | None, machine: Any, url: str) -> None:
        self.attempt("touch", origin, at, Opened(**MEMBER_IDS, send_id=send_id, machine=machine))
        self.attempt("touch", origin, at, Clicked(**MEMBER_IDS, send_id=send_id, machine=machine, url=url))

    @rule(origin=origins, at=times, touch_id=st.sampled_from(["1", "2"]))
    def retract(self, origin: Any, at: datetime | None, touch_id: str) -> None:
        self.attempt("retract_touch", origin, at, touch_id)

    @rule(origin=origins, at=times, id=st.sampled_from(["1", "2"]), order=st.none() | st.just(ORDER), value=amounts)
    def convert(self, origin: Any, at: datetime | None, id: str, order: Any, value: Decimal | None) -> None:
        currency = None if value is None else "EUR"
        converted = Converted(**MEMBER_IDS, conversion_id=id, order_id=order, value=value, currency=currency)
        self.attempt("convert", origin, at, converted)

    @rule(origin=origins, at=times, id=st.sampled_from(["1", "2"]))
    def reverse(self, origin: Any, at: datetime | None, id: str) -> None:
        self.attempt("reverse_conversion", origin, at, id)

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        assert state(stored(self.member)) == state(self.member)

    @invariant()
    def its_subject_is_the_customer(self) -> None:
        assert {metadata.subject for _, metadata in self.member.pending} <= {CUSTOMER}

    @invariant()
    def the_variant_never_changes(self) -> None:
        assert len({event.variant for event, _ in self.member.pending if isinstance(event, Targeted)}) <= 1

    @invariant()
    def a_touch_id_identifies_one_touch(self) -> None:
        known = [event.touch_id for event, _ in self.member.pending if isinstance(event, Touch) and event.touch_id]
        assert len(set(known)) == len(known)

    @invariant()
    def an_order_converts_once_at_a_time(self) -> None:
        valid = [known for id, known in self.member.conversions.items() if id not in self.member.reversed]
        assert sum(known.order_id is not None for known in valid) <= 1


AnyHistory.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestAnyHistory = AnyHistory.TestCase
