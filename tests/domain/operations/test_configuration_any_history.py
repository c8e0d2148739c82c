"""Any sequence of decisions on configuration aggregates (users, views, webhooks, …) keeps the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.customers.field_definition import FieldDefinition, field_definition_id
from domain.operations.saved_view import SavedView, View
from domain.operations.team import Team, team_id
from domain.operations.user import User, user_id
from domain.operations.webhook import SECRET_LIMIT, Subscription, Webhook
from domain.segmentation.segment_expression import parsed
from domain.segmentation.segment_rule import SegmentRule
from domain.segmentation.static_list import StaticList
from domain.service.task import Task
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Context
from domain.shared.ids import external_id
from domain.shared.refusals import Refusal
from tests.domain.given import NOW, state, stored

CUSTOMERS = [external_id("customer", "test", name, b"") for name in "abc"]
RULES: list[dict[str, Any]] = [
    {"op": "is_null", "feature": "recency"},
    {"op": "compare", "feature": "orders", "is": ">", "value": 1},
    {"op": "compare", "feature": "nothing", "is": ">", "value": 1},
]
times = st.none() | st.integers(min_value=-3, max_value=1).map(lambda days: NOW + timedelta(days=days))
origins = st.sampled_from(["live", "import"])
names = st.sampled_from(["One", "Two", ""])
some = st.lists(st.sampled_from(CUSTOMERS), max_size=2)


class AnyHistory(RuleBasedStateMachine):
    """Each rule tries one decision, which is either refused and changes nothing, or records at most one fact."""

    def __init__(self) -> None:
        super().__init__()
        self.user, self.team = User(user_id("u")), Team(team_id("t"))
        self.task, self.view = Task(external_id("task", "t", "1", b"")), SavedView(external_id("view", "t", "1", b""))
        self.field = FieldDefinition(field_definition_id("customer", "size"))
        self.list = StaticList(external_id("list", "t", "1", b""))
        self.rule = SegmentRule(external_id("rule", "t", "1", b""))
        self.webhook = Webhook(external_id("webhook", "t", "1", b""))
        self.clock = NOW

    @property
    def all(self) -> tuple[Aggregate, ...]:
        return (self.user, self.team, self.task, self.view, self.field, self.list, self.rule, self.webhook)

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

    @rule(origin=origins, at=times, name=names, team=st.sampled_from([None, "t", "no team"]))
    def register(self, origin: Any, at: datetime | None, name: str, team: str | None) -> None:
        self.attempt(self.user, origin, at, lambda c: self.user.register(c, code="u", name=name, team=team))
        self.attempt(self.team, origin, at, lambda c: self.team.register(c, code="t", name=name))

    @rule(origin=origins, at=times, available=st.booleans())
    def change_availability(self, origin: Any, at: datetime | None, available: bool) -> None:
        self.attempt(self.user, origin, at, lambda context: self.user.change_availability(context, available))

    @rule(origin=origins, at=times)
    def deactivate(self, origin: Any, at: datetime | None) -> None:
        self.attempt(self.user, origin, at, self.user.deactivate)
        self.attempt(self.team, origin, at, self.team.deactivate)

    @rule(origin=origins, at=times, title=names, due=times)
    def plan(self, origin: Any, at: datetime | None, title: str, due: datetime | None) -> None:
        self.attempt(self.task, origin, at, lambda context: self.task.create(context, title=title, due=due))
        self.attempt(self.task, origin, at, lambda context: self.task.reschedule(context, due=due, remind_at=due))
        if due is not None:
            self.attempt(self.task, origin, at, lambda context: self.task.remind(context, due))

    @rule(origin=origins, at=times, assignee=st.sampled_from([None, "u", "v", "no user"]))
    def assign(self, origin: Any, at: datetime | None, assignee: str | None) -> None:
        self.attempt(self.task, origin, at, lambda context: self.task.assign(context, assignee))

    @rule(origin=origins, at=times, decision=st.sampled_from(["complete", "cancel"]))
    def end(self, origin: Any, at: datetime | None, decision: str) -> None:
        self.attempt(self.task, origin, at, getattr(self.task, decision))

    @rule(origin=origins, at=times, name=names, decision=st.sampled_from(["define", "revise"]))
    def define_view(self, origin: Any, at: datetime | None, name: str, decision: str) -> None:
        view = View(name=name, resource="tickets", filters={"q": name})
        self.attempt(self.view, origin, at, lambda context: getattr(self.view, decision)(context, view))

    @rule(origin=origins, at=times, name=names, kind=st.sampled_from(["text", "choice"]), options=st.sampled_from([(), ("a",)]))
    def define_field(self, origin: Any, at: datetime | None, name: str, kind: Any, options: tuple[str, ...]) -> None:
        values: dict[str, Any] = {"entity": "customer", "key": "size", "kind": kind, "name": name, "options": options}
        self.attempt(self.field, origin, at, lambda context: self.field.define(context, **values))

    @rule(origin=origins, at=times, name=names)
    def create_list(self, origin: Any, at: datetime | None, name: str) -> None:
        self.attempt(self.list, origin, at, lambda context: self.list.create(context, name))

    @rule(origin=origins, at=times, ids=some, decision=st.sampled_from(["add_members", "remove_members"]))
    def change_members(self, origin: Any, at: datetime | None, ids: list[Any], decision: str) -> None:
        self.attempt(self.list, origin, at, lambda context: getattr(self.list, decision)(context, ids))

    @rule(
        origin=origins, at=times, name=names, expression=st.sampled_from(RULES), decision=st.sampled_from(["define", "revise"])
    )
    def define_rule(self, origin: Any, at: datetime | None, name: str, expression: dict[str, Any], decision: str) -> None:
        values = {"name": name, "rule": expression, "priority": 1}
        self.attempt(self.rule, origin, at, lambda context: getattr(self.rule, decision)(context, **values))

    @rule(origin=origins, at=times)
    def retire(self, origin: Any, at: datetime | None) -> None:
        for aggregate in (self.view, self.field, self.list, self.rule):
            self.attempt(aggregate, origin, at, aggregate.retire)

    @rule(origin=origins, at=times, url=st.sampled_from(["https://a.example", "http://b.example/x", "c.example"]))
    def subscribe(self, origin: Any, at: datetime | None, url: str) -> None:
        subscription = Subscription(url=url)
        self.attempt(self.webhook, origin, at, lambda context: self.webhook.register(context, subscription, self.webhook.id))
        self.attempt(self.webhook, origin, at, lambda context: self.webhook.revise(context, subscription))

    @rule(origin=origins, at=times, decision=st.sampled_from(["pause", "resume", "pause", "resume", "remove"]))
    def turn(self, origin: Any, at: datetime | None, decision: str) -> None:
        self.attempt(self.webhook, origin, at, getattr(self.webhook, decision))

    @rule(origin=origins, at=times, secret=st.sampled_from(CUSTOMERS), hours=st.integers(0, 2))
    def rotate(self, origin: Any, at: datetime | None, secret: UUID, hours: int) -> None:
        overlap = timedelta(hours=hours)
        self.attempt(self.webhook, origin, at, lambda context: self.webhook.rotate_secret(context, secret, overlap))
        self.attempt(self.webhook, origin, at, lambda context: self.webhook.request_redelivery(context, 1, 1 + hours))
        self.attempt(self.webhook, origin, at, self.webhook.end_former_secrets)

    @invariant()
    def at_most_four_secrets_of_a_webhook_are_valid(self) -> None:
        assert len(self.webhook.secret_ids(self.clock)) <= SECRET_LIMIT

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        for aggregate in self.all:
            assert state(stored(aggregate)) == state(aggregate)

    @invariant()
    def a_recorded_rule_can_be_parsed(self) -> None:
        assert not self.rule.exists or parsed(self.rule.rule)

    @invariant()
    def a_task_has_an_end_time_exactly_if_it_has_ended(self) -> None:
        assert (self.task.ended_at is None) is (self.task.status == "open")


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
