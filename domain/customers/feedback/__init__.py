"""Feedback: what customers say of us, asked for or not, and what was done about it."""

from domain.customers.feedback.events import Acknowledged, ActionTaken, Dismissed, Requested, Resolved, Submitted
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
from domain.customers.feedback.values import SCALES, End, Facts, Kind, Scale

__all__ = [
    "OTHER_THAN_REQUESTED",
    "SCALES",
    "SUBMITTED_BEFORE_REQUEST",
    "Acknowledged",
    "ActionTaken",
    "AlreadySubmitted",
    "Dismissed",
    "End",
    "Facts",
    "Feedback",
    "FeedbackEnded",
    "FeedbackOfAnother",
    "FeedbackRequestedOtherwise",
    "FeedbackSubmittedOtherwise",
    "Kind",
    "NotSubmittedYet",
    "Requested",
    "Resolved",
    "Scale",
    "ScoreOffItsScale",
    "Submitted",
]
