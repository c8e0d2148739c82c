"""How well customers are served, by day, channel, kind or agent: each group with the figures of what it is made of."""

from __future__ import annotations

from datetime import date

import msgspec
from sqlalchemy import Connection

from projections import feedback_report
from projections.feedback_report import Figures, Key, Question
from projections.ticket_report import GROUP_LIMIT, TooManyGroups


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A group; `group` holds the value of each grouping, None where there is none."""

    group: dict[str, str | date | None]
    feedback: Figures


def report(connection: Connection, question: Question) -> tuple[Service, list[Service]]:
    """All, and the groups in the order of their values. Raises TooManyGroups."""
    total, feedback = feedback_report.figures(connection, question)
    if len(feedback) > GROUP_LIMIT:
        raise TooManyGroups(f"There would be {len(feedback)} groups; {GROUP_LIMIT} are the most.")
    groups = [
        Service(group=dict(zip(question.by, key, strict=True)), feedback=feedback[key]) for key in sorted(feedback, key=_place)
    ]
    return Service(group={}, feedback=total), groups


def _place(key: Key) -> list[tuple[bool, str]]:
    return [(value is not None, str(value)) for value in key]
