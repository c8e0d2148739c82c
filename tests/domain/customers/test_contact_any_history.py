"""Any sequence of decisions on an interaction or feedback keeps the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.customers.feedback.events import Acknowledged, ActionTaken, Dismissed, Resolved
from domain.customers.feedback.feedback import Feedback
from domain.customers.feedback.refusals import FeedbackEnded, NotSubmittedYet
from domain.customers.feedback.values import Scale
from domain.customers.interaction import TEXTS, Interaction, InteractionRetracted
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Context
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored

CUSTOMER, OTHER = UUID(int=7), UUID(int=8)
times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
codes = st.none() | st.sampled_from(["a", "b", "no code"])


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    aggregate: Aggregate

    def __init__(self) -> None:
        super().__init__()
        self.clock = NOW

    def attempt(self, decision: str, origin: Any, at: datetime | None, **named: Any) -> None:
        self.clock += timedelta(seconds=1)
        context = Context(now=self.clock, actor=Actor(type="user", id="u-1"), origin=origin, occurred_at=at)
        before, recorded = state(stored(self.aggregate)), len(self.aggregate.pending)
        try:
            getattr(self.aggregate, decision)(context, **named)
        except Refusal:
            assert state(self.aggregate) == before
        assert len(self.aggregate.pending) - recorded in (0, 1)
        if len(self.aggregate.pending) > recorded and at is not None:
            version = self.aggregate.version
            getattr(self.aggregate, decision)(context, **named)
            assert self.aggregate.version == version

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        assert state(stored(self.aggregate)) == state(self.aggregate)


class AnyInteraction(AnyHistory):
    def __init__(self) -> None:
        super().__init__()
        self.aggregate = self.interaction = Interaction(UUID(int=1))

    @initialize(title=st.sampled_from([None, "Call"]))
    def log(self, title: Any) -> None:
        context = Context(now=NOW, actor=Actor(type="user", id="u-1"), occurred_at=NOW - timedelta(days=2))
        self.interaction.log(context, customer_id=CUSTOMER, channel="phone", direction="inbound", title=title)

    @rule(origin=origins, at=times, facts=st.fixed_dictionaries({}, optional={"title": codes, "agent": codes}))
    def correct(self, origin: Any, at: datetime | None, facts: Any) -> None:
        self.attempt("correct", origin, at, **facts)

    @rule(decision=st.sampled_from(["redact", "retract"]), origin=origins, at=times, reason=codes)
    def redact_or_retract(self, decision: str, origin: Any, at: datetime | None, reason: Any) -> None:
        self.attempt(decision, origin, at, reason=reason)

    @invariant()
    def redacted_texts_are_gone(self) -> None:
        if self.interaction.redacted_at is not None:
            assert all(getattr(self.interaction.current, name) is None for name in TEXTS)

    @invariant()
    def live_decisions_are_never_flagged(self) -> None:
        live = [metadata for _, metadata in self.interaction.pending if metadata.origin == "live"]
        assert not any(InteractionRetracted.rule in metadata.irregular for metadata in live)


class AnyFeedback(AnyHistory):
    def __init__(self) -> None:
        super().__init__()
        self.aggregate = self.feedback = Feedback(UUID(int=1))

    @rule(origin=origins, at=times, kind=st.sampled_from(["csat", "praise"]), customer=st.sampled_from([None, CUSTOMER, OTHER]))
    def request(self, origin: Any, at: datetime | None, kind: Any, customer: Any) -> None:
        self.attempt("request", origin, at, kind=kind, customer_id=customer)

    @rule(origin=origins, at=times, score=st.integers(0, 6), customer=st.sampled_from([None, CUSTOMER, OTHER]))
    def submit(self, origin: Any, at: datetime | None, score: int, customer: Any) -> None:
        scale = Scale(min=0, max=4) if score % 2 else None
        self.attempt("submit", origin, at, kind="csat", score=score, scale=scale, customer_id=customer)

    @rule(origin=origins, at=times)
    def acknowledge(self, origin: Any, at: datetime | None) -> None:
        self.attempt("acknowledge", origin, at)

    @rule(decision=st.sampled_from(["take_action", "resolve"]), origin=origins, at=times, code=codes)
    def handle(self, decision: str, origin: Any, at: datetime | None, code: Any) -> None:
        self.attempt(decision, origin, at, code=code)

    @rule(origin=origins, at=times, reason=st.sampled_from(["spam", "no code"]))
    def dismiss(self, origin: Any, at: datetime | None, reason: str) -> None:
        self.attempt("dismiss", origin, at, reason=reason)

    @invariant()
    def its_end_is_the_latest_one(self) -> None:
        recorded = enumerate(self.feedback.pending)
        ends = [(m.occurred_at, n, type(event)) for n, (event, m) in recorded if isinstance(event, Resolved | Dismissed)]
        last = max(ends)[2] if ends else None
        assert self.feedback.end == {Resolved: "resolved", Dismissed: "dismissed", None: None}[last]

    @invariant()
    def live_decisions_are_between_submission_and_end(self) -> None:
        for event, metadata in self.feedback.pending:
            if metadata.origin == "live" and isinstance(event, Acknowledged | ActionTaken | Resolved | Dismissed):
                assert not {NotSubmittedYet.rule, FeedbackEnded.rule} & set(metadata.irregular)

    @invariant()
    def its_score_is_on_its_scale(self) -> None:
        submitted = self.feedback.submitted
        if submitted is not None:
            assert submitted.scale is not None
            assert submitted.score is not None
            assert submitted.scale.min <= submitted.score <= submitted.scale.max


TestAnyInteraction = AnyInteraction.TestCase
TestAnyFeedback = AnyFeedback.TestCase
for machine in (TestAnyInteraction, TestAnyFeedback):
    machine.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
