"""Cursors of the report on sales: where a page ended."""

from __future__ import annotations

import base64
import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from projections.shared.pages import MalformedCursor

if TYPE_CHECKING:
    from projections.sales.sales_report import Question

_SIZE = re.compile(r"-?[0-9]{1,40}")


class Place(NamedTuple):
    """The period of the last group of a page, and the group's values in the order of groups within a period."""

    period: date | None
    values: tuple[str, ...]


def written(question: Question, place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((_name(question), *place))).decode()


def read(question: Question, cursor: str) -> Place:
    """The place that the cursor names. Callers can send any text, so each part is checked. Raises MalformedCursor."""
    try:
        kind = tuple[str, date | None, tuple[str, ...]]
        name, period, values = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=kind)
    except ValueError:
        raise MalformedCursor from None
    wanted = 1 + (question.top is not None) + len(question.own)
    if name != _name(question) or len(values) != wanted or (period is None) != (question.period is None):
        raise MalformedCursor
    if question.top is not None and not _SIZE.fullmatch(values[1]):
        raise MalformedCursor
    return Place(period, values)


def _name(question: Question) -> str:
    """The order of the groups in cursors: one of another order is recognised."""
    groups = ",".join([question.period or "", *question.own])
    return f"sales:{groups}" if question.top is None else f"sales:{groups}:{question.sort}"
