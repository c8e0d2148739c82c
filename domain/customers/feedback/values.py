"""The parts of feedback that are values, and how its facts are checked."""

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
    """The lowest and the highest score that can be given."""

    min: int
    max: int


SCALES = {"csat": Scale(min=1, max=5), "nps": Scale(min=0, max=10)}
"""The scales of scores that come without one."""


class Facts(TypedDict, total=False):
    """What may be submitted beside the kind of feedback and its customer."""

    channel: str | None
    agent: str | None
    score: int | None
    scale: Scale | None
    about: tuple[Reference, ...]
    comment: str | None


def checked_scale(kind: Kind, score: int | None, scale: Scale | None) -> Scale | None:
    """The scale of a score: a customer effort score (ces) brings its own. Raises Malformed, ScoreOffItsScale."""
    if score is None:
        if kind in SURVEYS or scale is not None:
            raise Malformed(f"Of {', '.join(SURVEYS)} there is a score, and a scale is that of a score.")
        return None
    scale = scale or SCALES.get(kind)
    if scale is None:
        raise Malformed(f"A score of {kind} comes with its scale.")
    if kind == "nps" and scale != SCALES["nps"]:
        raise Malformed("The scale of nps is from 0 to 10.")
    if not -LARGEST <= scale.min < scale.max <= LARGEST:
        raise Malformed("A scale has a lowest score below its highest.")
    if not scale.min <= score <= scale.max:
        raise ScoreOffItsScale(f"{score} is not from {scale.min} to {scale.max}.")
    return scale
