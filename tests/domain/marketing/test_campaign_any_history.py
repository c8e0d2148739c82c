"""Any sequence of decisions on a campaign keeps the rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import UNSET

from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign.execution import Turn
from domain.marketing.campaign.planning import Revised
from domain.marketing.campaign.values import Goal, Variant
from domain.shared.events import Actor, Context
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored
from tests.domain.marketing.given_campaigns import CAMPAIGN

times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
ids = st.sampled_from(["1", "2", "no good "])
amounts = st.sampled_from(["-1", "0", "10", "0.001"]).map(Decimal)
currencies = st.sampled_from([None, "EUR", "JPY", "XXX"])
days = st.none() | st.sampled_from([date(2026, 3, 1), date(2026, 3, 31), date(1, 1, 1)])
shares = st.none() | st.sampled_from(["0", "0.5", "1", "2"]).map(Decimal)
texts = st.none() | st.sampled_from(["Spring", " "])
resources = st.tuples(st.sampled_from(["person", "asset"]), st.sampled_from(["eva", "no good"]))
plans = st.fixed_dictionaries(
    {},
    optional={
        "goal": st.none() | st.just(Goal(metric="converted", target=Decimal(100))),
        "strategy": texts,
        "audience": texts,
        "channels": st.sampled_from([(), ("email",), ("no good",)]),
        "starts": days | st.just(UNSET),
        "ends": days,
        "holdout_share": shares,
        "attribution_window_days": st.none() | st.sampled_from([0, 14]),
        "expected_conversion_difference": st.none() | st.sampled_from(["0", "0.01", "0.02"]).map(Decimal),
        "variants": st.sampled_from([(), (Variant(code="short"),), (Variant(code="short", share=Decimal("0.5")),)]),
    },
)


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.campaign = Campaign(CAMPAIGN)
        self.clock = NOW

    def attempt(self, decision: str, origin: Any, at: datetime | None, *values: Any, **named: Any) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), origin=origin, occurred_at=at)
        before, recorded = state(stored(self.campaign)), len(self.campaign.pending)
        try:
            getattr(self.campaign, decision)(context, *values, **named)
        except Refusal:
            assert state(self.campaign) == before
        assert len(self.campaign.pending) - recorded in (0, 1)
        if len(self.campaign.pending) > recorded and at is not None:
            getattr(self.campaign, decision)(context, *values, **named)
            assert len(self.campaign.pending) == recorded + 1, "the same fact at the same time is a repeat"

    @initialize(budget=st.none() | st.just(Decimal(1000)))
    def planned(self, budget: Decimal | None) -> None:
        context = Context(now=NOW, actor=Actor(type="user", id="u-1"))
        self.campaign.draw_up(context, name="Spring", budget=budget, currency=None if budget is None else "EUR")

    @rule(origin=origins, at=times, name=st.sampled_from(["Spring", "Autumn"]), plan=plans)
    def plan(self, origin: Any, at: datetime | None, name: str, plan: Any) -> None:
        self.attempt("draw_up", origin, at, name=name, **plan)

    @rule(origin=origins, at=times, name=texts | st.just(UNSET), plan=plans)
    def revise(self, origin: Any, at: datetime | None, name: Any, plan: Any) -> None:
        self.attempt("revise", origin, at, name=name, **plan)

    @rule(origin=origins, at=times, budget=st.none() | amounts, currency=currencies)
    def change_budget(self, origin: Any, at: datetime | None, budget: Decimal | None, currency: str | None) -> None:
        self.attempt("change_budget", origin, at, budget, currency)

    @rule(decision=st.sampled_from(["launch", "pause", "resume", "complete", "cancel"]), origin=origins, at=times)
    def change_status(self, decision: str, origin: Any, at: datetime | None) -> None:
        self.attempt(decision, origin, at)

    @rule(origin=origins, at=times, spend_id=ids, amount=amounts, currency=currencies)
    def spend(self, origin: Any, at: datetime | None, spend_id: str, amount: Decimal, currency: str | None) -> None:
        self.attempt("record_spend", origin, at, spend_id, amount, currency)

    @rule(origin=origins, at=times, spend_id=ids)
    def reverse(self, origin: Any, at: datetime | None, spend_id: str) -> None:
        self.attempt("reverse_spend", origin, at, spend_id)

    @rule(origin=origins, at=times, resource=resources, share=shares)
    def assign(self, origin: Any, at: datetime | None, resource: tuple[str, str], share: Decimal | None) -> None:
        self.attempt("assign_resource", origin, at, *resource, share)

    @rule(origin=origins, at=times, resource=resources)
    def release(self, origin: Any, at: datetime | None, resource: tuple[str, str]) -> None:
        self.attempt("release_resource", origin, at, *resource)

    @rule(origin=origins, at=times, milestone=ids, due=days)
    def set_milestone(self, origin: Any, at: datetime | None, milestone: str, due: date | None) -> None:
        self.attempt("set_milestone", origin, at, milestone, due=due)

    @rule(origin=origins, at=times, milestone=ids)
    def reach_milestone(self, origin: Any, at: datetime | None, milestone: str) -> None:
        self.attempt("reach_milestone", origin, at, milestone)

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        assert state(stored(self.campaign)) == state(self.campaign)

    @invariant()
    def only_recorded_spends_are_reversed(self) -> None:
        assert self.campaign.reversals.keys() <= self.campaign.spends.keys()

    @invariant()
    def only_imports_end_before_the_start(self) -> None:
        campaign = self.campaign
        if campaign.starts and campaign.ends and campaign.ends < campaign.starts:
            assert any("ends-before-start" in metadata.irregular for _, metadata in campaign.pending)

    @invariant()
    def after_the_launch_only_imports_change_the_expected_difference(self) -> None:
        launched = False
        for event, metadata in self.campaign.pending:
            launched |= isinstance(event, Turn)
            changes = isinstance(event, Revised) and (
                event.expected_conversion_difference is not None or "expected_conversion_difference" in event.cleared
            )
            if launched and changes:
                assert "expected-difference-is-fixed" in metadata.irregular

    @invariant()
    def only_imports_break_the_order_of_statuses(self) -> None:
        live = [metadata for _, metadata in self.campaign.pending if metadata.origin == "live"]
        assert {rule for metadata in live for rule in metadata.irregular} <= {"repeated"}


AnyHistory.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestAnyHistory = AnyHistory.TestCase
