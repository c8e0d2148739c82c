"""Any sequence of decisions on a channel and one of its days keeps the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.marketing.channel import Channel, ChannelDay, CostRecorded, TrafficRecorded, channel_day_id, channel_id
from domain.shared.aggregate import REPEATED, Aggregate
from domain.shared.events import Actor, Context
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored

DAYS = [NOW.date() + timedelta(days=days) for days in (-1, 0, 2)]
times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
counts = st.none() | st.sampled_from([-1, 0, 5, 9])


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.channel = Channel(channel_id("web"))
        self.day = ChannelDay(channel_day_id("web", DAYS[0], "matomo"))
        self.clock = NOW

    def attempt(self, aggregate: Aggregate, origin: Any, at: datetime | None, decide: Callable[[Context], object]) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), origin=origin, occurred_at=at)
        before, recorded = state(stored(aggregate)), len(aggregate.pending)
        try:
            decide(context)
        except Refusal:
            assert state(aggregate) == before
        assert len(aggregate.pending) - recorded in (0, 1)
        if len(aggregate.pending) > recorded and at is not None:
            version = aggregate.version
            decide(context)
            assert aggregate.version == version, "the same fact at the same time is a repeat"

    @rule(origin=origins, at=times, name=st.sampled_from(["Shop", "Web", ""]), kind=st.sampled_from(["web", "store", "barn"]))
    def open(self, origin: Any, at: datetime | None, name: str, kind: Any) -> None:
        self.attempt(self.channel, origin, at, lambda c: self.channel.open(c, code="web", name=name, kind=kind))

    @rule(origin=origins, at=times)
    def close(self, origin: Any, at: datetime | None) -> None:
        was_closed = self.channel.closed_at is not None
        recorded = len(self.channel.pending)
        self.attempt(self.channel, origin, at, self.channel.close)
        if was_closed and len(self.channel.pending) > recorded:
            assert REPEATED in self.channel.pending[-1][1].irregular

    @rule(origin=origins, at=times, day=st.sampled_from(DAYS), visits=counts, visitors=counts)
    def count(self, origin: Any, at: datetime | None, day: Any, visits: Any, visitors: Any) -> None:
        fact = TrafficRecorded(code="web", date=day, source="matomo", visits=visits, visitors=visitors)
        self.attempt(self.day, origin, at, lambda context: self.day.record_traffic(context, fact))

    @rule(
        origin=origins, at=times, amount=st.sampled_from(["-1", "0", "2.5", "0.001"]), currency=st.sampled_from(["EUR", "JPY"])
    )
    def cost(self, origin: Any, at: datetime | None, amount: str, currency: str) -> None:
        fact = CostRecorded(code="web", date=DAYS[0], source="matomo", amount=Decimal(amount), currency=currency)
        self.attempt(self.day, origin, at, lambda context: self.day.record_cost(context, fact))

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        for aggregate in (self.channel, self.day):
            assert state(stored(aggregate)) == state(aggregate)

    @invariant()
    def counts_and_costs_are_never_below_zero(self) -> None:
        assert all(count >= 0 for count in (self.day.traffic.counts if self.day.traffic else ()))
        assert self.day.cost is None or self.day.cost.amount >= 0


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
