"""The figures of a ticket, packed into two values: a report reads a million of these, instead of many columns of each ticket.

`Figures` have a fixed width. The marks are whole numbers of 8 bytes: moments, each with what began then. First come the
statuses of the ticket, of which only the first is `new`; so the marks of many tickets can be joined and separated again. Then
come the waits for a reply: the begin of each and its end, if it has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct, pack
from typing import NamedTuple, get_args

from domain.service.ticket.status import Status
from projections.service.ticket_course import FINISHED, Course, Fact, Opening
from projections.service.ticket_waits import replies, waits
from projections.shared.day_vectors import as_number
from projections.shared.vectors import NO_DAY

# Less than any moment, so a duration computed from it is negative.
UNKNOWN = -(2**62)

STATUSES: tuple[Status, ...] = get_args(Status)
"""The statuses in the order of their marks."""
REPLY_AWAITED, REPLY_ENDED = 6, 7
MARK_BITS = 3

MOMENTS = ("opened", "responded", "first_resolved", "resolved", "last_activity")
SPENT: Mapping[Status, str] = {"new": "as_new", "open": "as_open", "pending": "as_pending", "on_hold": "on_hold"}
"""Figures that are moments, and those that are time spent in a status."""


class Figures(NamedTuple):
    """Moments in microseconds since 1970, UTC, and times in a status in microseconds, of intervals that have ended.

    `answered` is the end of the wait for a first response. A day is a number since 1970, if only the day of a moment is known.
    """

    opened: int
    responded: int | None
    answered: int | None
    first_resolved: int | None
    resolved: int | None
    closed: int | None
    last_activity: int
    as_new: int
    as_open: int
    as_pending: int
    on_hold: int
    reopens: int
    replies: int
    reassignments: int
    solutions: int
    early: int
    opened_on: int
    resolved_on: int
    closed_on: int
    finished: bool
    discarded: bool

    def packed(self) -> bytes:
        return _PACKED.pack(*(UNKNOWN if figure is None else figure for figure in self))


_FORMAT = "q" * 11 + "i" * 8 + "?" * 2
_PACKED = Struct(f"<{_FORMAT}")
TYPES = {name: {"q": "<i8", "i": "<i4", "?": "?"}[kind] for name, kind in zip(Figures._fields, _FORMAT, strict=True)}
"""NumPy's type of each figure, in the order in which they are packed."""


def figures(course: Course, last_activity: int, early: int) -> Figures:
    [wait] = waits(course, ["first_response"])["first_response"]
    return Figures(
        opened=course.opening.at,
        responded=_at(course.response),
        answered=wait.runs[-1][1],
        first_resolved=_at(course.first_resolution),
        resolved=_at(course.resolution),
        closed=_at(course.closing),
        last_activity=last_activity,
        as_new=course.spent("new"),
        as_open=course.spent("open"),
        as_pending=course.spent("pending"),
        on_hold=course.spent("on_hold"),
        reopens=len(course.reopenings),
        replies=len(course.replies),
        reassignments=len(course.reassignments),
        solutions=len(course.solutions),
        early=early,
        opened_on=_day(course.opening),
        resolved_on=_day(course.resolution),
        closed_on=_day(course.closing),
        finished=course.status in FINISHED,
        discarded=course.discarded,
    )


def marks(course: Course) -> bytes:
    """The marks of the ticket's statuses and of its waits for a reply."""
    found = [_mark(interval.began, STATUSES.index(interval.status)) for interval in course.intervals]
    for began, ended in replies(course):
        found.append(_mark(began, REPLY_AWAITED))
        if ended is not None:
            found.append(_mark(max(began, ended), REPLY_ENDED))
    return pack(f"<{len(found)}q", *found)


def _mark(at: int, what: int) -> int:
    return (at << MARK_BITS) + what


def _at(fact: Fact | None) -> int | None:
    return None if fact is None else fact.at


def _day(fact: Fact | Opening | None) -> int:
    return NO_DAY if fact is None or fact.day is None else as_number(fact.day)
