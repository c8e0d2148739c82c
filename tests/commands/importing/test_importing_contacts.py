"""Imports of interactions with customers, and of their feedback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.customers.feedback.events import Acknowledged, Requested, Resolved, Submitted
from domain.customers.interaction import Logged, Retracted
from domain.shared.ids import external_id
from tests.commands.importing.given_importing import Store

CALLS = """
system = "desk"
occurred_at = "{day}"
[ids]
customer = "{who}"
interaction = "{call}"
[[make]]
command = "customer.register"
facts = { name = "{who}" }
[[make]]
command = "interaction.log"
facts = { channel = "phone", direction = "inbound", customer = "{who}", duration_seconds = "{seconds}", title = "{subject}" }
[[make]]
command = "interaction.retract"
when = { mistake = true }
"""
SURVEY = """
system = "survey"
occurred_at = "{asked}"
[ids]
feedback = "{#}"
[[make]]
command = "feedback.request"
facts = { kind = "csat", channel = "email", agent = "{agent}" }
[[make]]
command = "feedback.submit"
occurred_at = "{answered}"
when = { answered = true }
facts = { kind = "csat", score = "{score}", scale = { min = 1, max = 5 }, comment = "{said}" }
[[make]]
command = "feedback.acknowledge"
occurred_at = "{done}"
when = { done = true }
[[make]]
command = "feedback.resolve"
occurred_at = "{done}"
when = { done = true }
facts = { code = "called" }
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_calls_are_logged_once_even_if_the_file_is_imported_twice(store: Store) -> None:
    rows = "day,who,call,seconds,subject,mistake\n2026-01-02,Ada,1,60,Where is it,\n2026-01-03,Ada,2,,Hello,yes\n"
    for _ in range(2):
        report = store.load(CALLS, rows)
    assert report.refused == 0
    ada = external_id("customer", "desk", "Ada", store.events.secret)
    assert [(call.customer_id, call.duration_seconds, call.title) for call in store.recorded(Logged)] == [
        (ada, 60, "Where is it"),
        (ada, None, "Hello"),
    ]
    assert len(store.recorded(Retracted)) == 1


def test_a_survey_is_requested_answered_and_resolved(store: Store) -> None:
    rows = "asked,agent,answered,score,said,done\n2026-01-02,a-1,2026-01-03,4,Fine,2026-01-04\n2026-01-02,a-1,,,,\n"
    report = store.load(SURVEY, rows)
    assert (report.accepted, report.refused, report.irregular) == (2, 0, {})
    assert len(store.recorded(Requested)) == 2
    assert [(event.score, event.comment) for event in store.recorded(Submitted)] == [(4, "Fine")]
    assert (len(store.recorded(Acknowledged)), len(store.recorded(Resolved))) == (1, 1)


def test_feedback_resolved_before_it_was_submitted_is_flagged_and_a_score_off_its_scale_is_refused(store: Store) -> None:
    header = "asked,agent,answered,score,said,done\n"
    flagged = store.load(SURVEY, header + "2026-01-02,a-1,2026-01-04,4,Fine,2026-01-03\n")
    assert (flagged.accepted, flagged.irregular) == (1, {"not-submitted-yet": 1})
    assert store.load(SURVEY, header + "2026-01-05,a-1,2026-01-06,6,Fine,\n", "other.csv").refused == 1
