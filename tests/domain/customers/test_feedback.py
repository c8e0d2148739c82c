"""Feedback: requested, submitted, dealt with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.customers.feedback.events import Requested, Submitted
from domain.customers.feedback.feedback import Feedback
from domain.customers.feedback.refusals import (
    OTHER_THAN_REQUESTED,
    SUBMITTED_BEFORE_REQUEST,
    AlreadySubmitted,
    FeedbackEnded,
    FeedbackOfAnother,
    FeedbackRequestedOtherwise,
    FeedbackSubmittedOtherwise,
    NotSubmittedYet,
    ScoreOffItsScale,
)
from domain.customers.feedback.values import Scale
from domain.shared.ids import external_id
from domain.shared.refusals import Malformed
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored

SURVEY = external_id("feedback", "test", "1", b"")
ADA, BOB = UUID(int=7), UUID(int=8)


def submit(feedback: Feedback, context: Any = None, **told: Any) -> None:
    feedback.submit(context or live(LAST_WEEK), **{"kind": "complaint", "comment": "Cold tea", **told})


def submitted(**told: Any) -> Feedback:
    feedback = Feedback(SURVEY)
    submit(feedback, **told)
    return feedback


def asked(**told: Any) -> Feedback:
    feedback = Feedback(SURVEY)
    feedback.request(live(LAST_WEEK), **{"kind": "csat", **told})
    return feedback


def test_feedback_is_about_its_customer_or_else_about_itself() -> None:
    assert [f.pending[0][1].subject for f in (submitted(customer_id=ADA), submitted(), asked(customer_id=ADA))] == [
        ADA,
        SURVEY,
        ADA,
    ]


def test_whoever_answers_an_anonymous_request_is_forgotten_together_with_the_answer() -> None:
    feedback = asked()
    submit(feedback, live(), kind="csat", score=4, customer_id=ADA)
    answer, metadata = feedback.pending[-1]
    assert (metadata.subject, metadata.concerns, answer.erased_with()) == (SURVEY, (ADA,), (ADA,))


def test_an_answer_is_its_requests_customers() -> None:
    feedback = asked(customer_id=ADA)
    submit(feedback, live(), kind="csat", score=4)
    assert facts(feedback)[-1] == Submitted(
        kind="csat", score=4, scale=Scale(min=1, max=5), customer_id=ADA, comment="Cold tea"
    )
    with pytest.raises(FeedbackOfAnother):
        submit(asked(customer_id=ADA), kind="csat", score=4, customer_id=BOB)


def test_the_same_again_is_a_repeat_and_anything_else_is_refused() -> None:
    feedback = asked(external=("survey", "1"))
    feedback.request(live(), kind="csat", external=("survey", "1"))
    for _ in range(2):
        submit(feedback, live(), kind="csat", score=4)
    assert feedback.version == 3
    with pytest.raises(FeedbackRequestedOtherwise):
        feedback.request(live(), kind="nps")
    with pytest.raises(FeedbackSubmittedOtherwise):
        submit(feedback, kind="csat", score=5)
    assert state(stored(feedback)) == state(feedback)


@pytest.mark.parametrize(
    ("kind", "score", "scale"),
    [
        ("csat", 1, None),
        ("csat", 10, (1, 10)),
        ("nps", 0, None),
        ("nps", 10, (0, 10)),
        ("ces", 7, (1, 7)),
        ("praise", 3, (1, 3)),
    ],
)
def test_a_score_lies_on_its_scale(kind: str, score: int, scale: Any) -> None:
    feedback = submitted(kind=kind, score=score, scale=scale and Scale(min=scale[0], max=scale[1]))
    [told] = facts(feedback)
    assert isinstance(told, Submitted)
    assert told.scale is not None
    assert told.scale.min <= score <= told.scale.max


@pytest.mark.parametrize(
    ("kind", "score", "scale"),
    [("csat", 0, None), ("csat", 6, None), ("nps", 11, None), ("nps", -1, None), ("ces", 8, (1, 7))],
)
def test_a_score_off_its_scale_is_refused(kind: str, score: int, scale: Any) -> None:
    with pytest.raises(ScoreOffItsScale):
        submitted(kind=kind, score=score, scale=scale and Scale(min=scale[0], max=scale[1]))


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "rant"},
        {"kind": "csat"},
        {"kind": "ces", "score": 3},
        {"kind": "praise", "score": 3},
        {"kind": "complaint", "scale": Scale(min=1, max=5)},
        {"kind": "nps", "score": 3, "scale": Scale(min=1, max=5)},
        {"kind": "ces", "score": 3, "scale": Scale(min=5, max=1)},
        {"channel": "a b"},
        {"agent": ""},
        {"comment": " "},
    ],
)
def test_kinds_scales_codes_and_texts_are_checked(told: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        submitted(**told)


def test_an_answer_unlike_its_request_is_flagged() -> None:
    feedback = asked()
    submit(feedback, live(LAST_WEEK - timedelta(days=1)))
    assert flags(feedback) == (SUBMITTED_BEFORE_REQUEST, OTHER_THAN_REQUESTED)


def test_what_was_submitted_is_not_requested_unless_it_is_history() -> None:
    feedback = submitted(customer_id=ADA)
    with pytest.raises(AlreadySubmitted):
        feedback.request(live(), kind="complaint")
    feedback.request(imported(), kind="complaint")
    assert flags(feedback) == ("already-submitted",)
    assert facts(feedback)[-1] == Requested(kind="complaint", customer_id=ADA)


DEALINGS: list[tuple[str, dict[str, Any]]] = [
    ("acknowledge", {}),
    ("take_action", {"note": "Called"}),
    ("resolve", {"code": "refunded"}),
    ("dismiss", {"reason": "spam"}),
]


@pytest.mark.parametrize(("decision", "told"), DEALINGS)
def test_nothing_is_done_before_the_submission_unless_it_is_history(decision: str, told: dict[str, Any]) -> None:
    early = LAST_WEEK - timedelta(hours=1)
    for feedback in (asked(), submitted()):
        with pytest.raises(NotSubmittedYet):
            getattr(feedback, decision)(live(early), **told)
        getattr(feedback, decision)(imported(early), **told)
        assert flags(feedback) == ("not-submitted-yet",)
    by_day = live(LAST_WEEK.replace(hour=0, minute=0), occurred_precision="day")
    getattr(submitted(), decision)(by_day, **told)


@pytest.mark.parametrize(("end", "reason"), [("resolve", {}), ("dismiss", {"reason": "spam"})])
def test_nothing_is_done_after_the_end_unless_it_is_history(end: str, reason: dict[str, Any]) -> None:
    feedback = submitted()
    getattr(feedback, end)(live(YESTERDAY), **reason)
    others = [(decision, told) for decision, told in DEALINGS if decision != end]
    for decision, told in others:
        with pytest.raises(FeedbackEnded):
            getattr(feedback, decision)(live(), **told)
    feedback.take_action(live(YESTERDAY - timedelta(hours=1)), code="called")
    feedback.acknowledge(imported(NOW))
    assert flags(feedback) == ("feedback-ended",)


def test_an_end_that_is_told_again_is_news_only_at_another_time() -> None:
    feedback = submitted()
    for at in (YESTERDAY, YESTERDAY, None, NOW):
        feedback.resolve(live(at))
    assert feedback.version == 3
    assert flags(feedback) == ("repeated",)


def test_an_acknowledgement_that_is_told_again_after_the_end_is_a_repeat() -> None:
    feedback = submitted()
    for _ in range(2):
        feedback.acknowledge(live())
        feedback.resolve(live())
    assert feedback.version == 3


def test_an_action_says_something() -> None:
    with pytest.raises(Malformed):
        submitted().take_action(live())
