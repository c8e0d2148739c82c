"""Feedback: requested, submitted and handled."""

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


def submit(feedback: Feedback, context: Any = None, **values: Any) -> None:
    feedback.submit(context or live(LAST_WEEK), **{"kind": "complaint", "comment": "Cold tea", **values})


def submitted(**values: Any) -> Feedback:
    feedback = Feedback(SURVEY)
    submit(feedback, **values)
    return feedback


def requested(**values: Any) -> Feedback:
    feedback = Feedback(SURVEY)
    feedback.request(live(LAST_WEEK), **{"kind": "csat", **values})
    return feedback


def test_the_subject_of_feedback_is_its_customer_or_else_itself() -> None:
    assert [f.pending[0][1].subject for f in (submitted(customer_id=ADA), submitted(), requested(customer_id=ADA))] == [
        ADA,
        SURVEY,
        ADA,
    ]


def test_an_answer_to_an_anonymous_request_is_erased_with_its_customer() -> None:
    feedback = requested()
    submit(feedback, live(), kind="csat", score=4, customer_id=ADA)
    answer, metadata = feedback.pending[-1]
    assert (metadata.subject, metadata.concerns, answer.erased_with()) == (SURVEY, (ADA,), (ADA,))


def test_an_answer_has_the_customer_of_its_request() -> None:
    feedback = requested(customer_id=ADA)
    submit(feedback, live(), kind="csat", score=4)
    assert facts(feedback)[-1] == Submitted(
        kind="csat", score=4, scale=Scale(min=1, max=5), customer_id=ADA, comment="Cold tea"
    )
    with pytest.raises(FeedbackOfAnother):
        submit(requested(customer_id=ADA), kind="csat", score=4, customer_id=BOB)


def test_the_same_values_again_record_nothing_and_other_values_are_refused() -> None:
    feedback = requested(external=("survey", "1"))
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
def test_a_score_is_on_its_scale(kind: str, score: int, scale: Any) -> None:
    feedback = submitted(kind=kind, score=score, scale=scale and Scale(min=scale[0], max=scale[1]))
    [event] = facts(feedback)
    assert isinstance(event, Submitted)
    assert event.scale is not None
    assert event.scale.min <= score <= event.scale.max


@pytest.mark.parametrize(
    ("kind", "score", "scale"),
    [("csat", 0, None), ("csat", 6, None), ("nps", 11, None), ("nps", -1, None), ("ces", 8, (1, 7))],
)
def test_a_score_off_its_scale_is_refused(kind: str, score: int, scale: Any) -> None:
    with pytest.raises(ScoreOffItsScale):
        submitted(kind=kind, score=score, scale=scale and Scale(min=scale[0], max=scale[1]))


@pytest.mark.parametrize(
    "values",
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
def test_kinds_scales_codes_and_texts_are_checked(values: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        submitted(**values)


def test_an_answer_that_does_not_match_its_request_is_flagged() -> None:
    feedback = requested()
    submit(feedback, live(LAST_WEEK - timedelta(days=1)))
    assert flags(feedback) == (SUBMITTED_BEFORE_REQUEST, OTHER_THAN_REQUESTED)


def test_submitted_feedback_cannot_be_requested_except_on_import() -> None:
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


@pytest.mark.parametrize(("decision", "values"), DEALINGS)
def test_feedback_cannot_be_handled_before_its_submission_except_on_import(decision: str, values: dict[str, Any]) -> None:
    early = LAST_WEEK - timedelta(hours=1)
    for feedback in (requested(), submitted()):
        with pytest.raises(NotSubmittedYet):
            getattr(feedback, decision)(live(early), **values)
        getattr(feedback, decision)(imported(early), **values)
        assert flags(feedback) == ("not-submitted-yet",)
    by_day = live(LAST_WEEK.replace(hour=0, minute=0), occurred_precision="day")
    getattr(submitted(), decision)(by_day, **values)


@pytest.mark.parametrize(("end", "reason"), [("resolve", {}), ("dismiss", {"reason": "spam"})])
def test_feedback_cannot_be_handled_after_its_end_except_on_import(end: str, reason: dict[str, Any]) -> None:
    feedback = submitted()
    getattr(feedback, end)(live(YESTERDAY), **reason)
    others = [(decision, values) for decision, values in DEALINGS if decision != end]
    for decision, values in others:
        with pytest.raises(FeedbackEnded):
            getattr(feedback, decision)(live(), **values)
    feedback.take_action(live(YESTERDAY - timedelta(hours=1)), code="called")
    feedback.acknowledge(imported(NOW))
    assert flags(feedback) == ("feedback-ended",)


def test_a_repeated_end_is_recorded_only_at_another_time() -> None:
    feedback = submitted()
    for at in (YESTERDAY, YESTERDAY, None, NOW):
        feedback.resolve(live(at))
    assert feedback.version == 3
    assert flags(feedback) == ("repeated",)


def test_a_repeated_acknowledgement_after_the_end_records_nothing() -> None:
    feedback = submitted()
    for _ in range(2):
        feedback.acknowledge(live())
        feedback.resolve(live())
    assert feedback.version == 3


def test_an_action_must_have_a_code_or_a_note() -> None:
    with pytest.raises(Malformed):
        submitted().take_action(live())
