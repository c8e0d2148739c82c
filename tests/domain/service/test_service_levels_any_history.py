"""After any sequence of decisions on a calendar and a policy, the latest values are in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.service.opening_hours import OpenHours, Schedule
from domain.service.service_calendar import ServiceCalendar, service_calendar_id
from domain.service.sla_policy import PolicyTarget, SlaPolicy, Terms, sla_policy_id
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Context
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored

times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
schedules = st.builds(
    lambda zone, closes: Schedule(zone=zone, hours=(OpenHours(weekday=1, opens="09:00", closes=closes),)),
    st.sampled_from(["UTC", "Europe/Berlin", "Nowhere"]),
    st.sampled_from(["17:00", "08:00"]),
)
terms = st.builds(
    lambda order, seconds: Terms(order=order, targets=(PolicyTarget(metric="first_response", seconds=seconds),)),
    st.integers(0, 1),
    st.sampled_from([0, 60]),
)


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.calendar = ServiceCalendar(service_calendar_id("default"))
        self.policy = SlaPolicy(sla_policy_id("soon"))
        self.clock = NOW

    def attempt(self, aggregate: Aggregate, at: datetime | None, decide: Callable[[Context], object]) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), occurred_at=at)
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

    @rule(at=times, schedule=schedules)
    def define_calendar(self, at: datetime | None, schedule: Schedule) -> None:
        self.attempt(self.calendar, at, lambda context: self.calendar.define(context, "default", schedule))

    @rule(at=times, terms=terms)
    def define_policy(self, at: datetime | None, terms: Terms) -> None:
        self.attempt(self.policy, at, lambda context: self.policy.define(context, "soon", terms))

    @rule(at=times)
    def retire(self, at: datetime | None) -> None:
        self.attempt(self.policy, at, self.policy.retire)

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        for aggregate in (self.calendar, self.policy):
            assert state(stored(aggregate)) == state(aggregate)

    @invariant()
    def the_latest_values_are_in_force(self) -> None:
        for aggregate, field in ((self.calendar, "schedule"), (self.policy, "terms")):
            if aggregate.pending:
                event, about = max(enumerate(aggregate.pending), key=lambda one: (one[1][1].occurred_at, one[0]))[1]
                found: Any = getattr(aggregate, field)
                assert (found, vars(aggregate)["since"]) == (getattr(event, field, None), about.occurred_at)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
