"""Any sequence of decisions on a segment model keeps the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.segmentation.segment_model import Fitted, Retired, SegmentModel
from domain.shared.events import Actor, Context
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored
from tests.domain.segmentation.given_segments import BASELINE, FITTED, fitted

times = st.none() | st.integers(min_value=-2, max_value=1).map(lambda days: NOW + timedelta(days=days))
fits = st.sampled_from([FITTED, fitted(seed=8), fitted(mean=()), fitted(centroids=FITTED.centroids[:2])])
names = st.lists(st.sampled_from("abc"), min_size=2, max_size=3)


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.model = SegmentModel(BASELINE)
        self.clock = NOW

    def attempt(self, decision: str, at: datetime | None, *values: Any) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), occurred_at=at)
        before, recorded = state(stored(self.model)), len(self.model.pending)
        try:
            getattr(self.model, decision)(context, *values)
        except Refusal:
            assert state(self.model) == before
        assert len(self.model.pending) - recorded in (0, 1)

    @rule(at=times, fit=fits)
    def fit(self, at: datetime | None, fit: Fitted) -> None:
        self.attempt("fit", at, fit)

    @rule(at=times, decision=st.sampled_from(["activate", "retire"]))
    def switch(self, at: datetime | None, decision: str) -> None:
        self.attempt(decision, at)

    @rule(at=times, names=names)
    def name_clusters(self, at: datetime | None, names: list[str]) -> None:
        self.attempt("name_clusters", at, names)

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        assert state(stored(self.model)) == state(self.model)

    @invariant()
    def the_first_event_is_a_valid_fit(self) -> None:
        assert not self.model.pending or isinstance(self.model.pending[0][0], Fitted)
        assert self.model.fitted is None or len(self.model.cluster_names) == self.model.fitted.k

    @invariant()
    def it_is_never_both_active_and_retired(self) -> None:
        assert self.model.active_since is None or self.model.retired_since is None
        last = [type(event) for event, _ in self.model.pending]
        assert (Retired in last) or self.model.retired_since is None


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
