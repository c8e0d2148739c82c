"""Value types of feedback, and the checks of its scores."""

from __future__ import annotations

from typing import Literal, TypedDict

from domain.customers.feedback.refusals import ScoreOffItsScale
from domain.shared.events import Value
from domain.shared.reference import Reference
from domain.shared.refusals import Malformed

Kind = Literal["complaint", "praise", "suggestion", "csat", "nps", "ces"]
End = Literal["resolved", "dismissed"]

SURVEYS: tuple[Kind, ...] = ("csat", "nps", "ces")
TEXT_LENGTH = 50_000
LARGEST = 1_000_000


class Scale(Value, frozen=True):
    """The lowest and the highest possible score."""

    min: int
    max: int


SCALES = {"csat": Scale(min=1, max=5), "nps": Scale(min=0, max=10)}
"""The default scales, for scores that are given without one."""


class Facts(TypedDict, total=False):
    """The optional facts of a submission, in addition to the kind of feedback and its customer."""

    channel: str | None
    agent: str | None
    score: int | None
    scale: Scale | None
    about: tuple[Reference, ...]
    comment: str | None


def checked_scale(kind: Kind, score: int | None, scale: Scale | None) -> Scale | None:
    """The scale of a score. A customer effort score (ces) has no default scale. Raises Malformed, ScoreOffItsScale."""
    if score is None:
        if kind in SURVEYS or scale is not None:
            raise Malformed(f"Feedback of kind {', '.join(SURVEYS)} must have a score, and a scale needs a score.")
        return None
    scale = scale or SCALES.get(kind)
    if scale is None:
        raise Malformed(f"A score of {kind} must be given with its scale.")
    if kind == "nps" and scale != SCALES["nps"]:
        raise Malformed("The scale of nps must be from 0 to 10.")
    if not -LARGEST <= scale.min < scale.max <= LARGEST:
        raise Malformed("The lowest score of a scale must be below its highest.")
    if not scale.min <= score <= scale.max:
        raise ScoreOffItsScale(f"{score} is not between {scale.min} and {scale.max}.")
    return scale
