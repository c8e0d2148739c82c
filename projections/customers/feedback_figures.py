"""The figures of feedback, packed into one value of a fixed width, so that a report can read a million of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from struct import Struct
from typing import get_args

from domain.customers.feedback.values import End, Kind
from projections.service.ticket_course import microseconds
from projections.shared.day_vectors import as_number
from projections.shared.rows import Row
from projections.shared.vectors import NO_DAY

KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES = ("requested", "submitted", "acknowledged", "resolved", "dismissed")
ENDS: tuple[End, ...] = get_args(End)
"""Values by their numbers; NONE is none of them."""

NONE = 255
UNKNOWN = -(2**62)
"""The moment that is not known: less than any other."""
NO_SCORE = -(2**31)

MOMENTS = ("submitted", "requested", "acknowledged", "resolved")
SCORES = ("score", "scale_min", "scale_max")
DATED = ("submitted", "requested")
NUMBERED: dict[str, Sequence[str]] = {"kind": KINDS, "requested_kind": KINDS, "status": STATUSES, "ended": ENDS}

_PACKED = Struct(f"<{len(MOMENTS)}q{len(SCORES) + len(DATED)}i{len(NUMBERED)}B")
TYPES = [
    *((name, "<i8") for name in MOMENTS),
    *((name, "<i4") for name in SCORES),
    *((f"{name}_on", "<i4") for name in DATED),
    *((name, "u1") for name in NUMBERED),
]
"""NumPy's type of each figure, in the order in which they are packed."""


def packed(row: Row) -> bytes:
    """The figures of a row of feedback: moments in microseconds since 1970, days as numbers since 1970."""
    return _PACKED.pack(
        *(_moment(row[f"{name}_at"]) for name in MOMENTS),
        *(NO_SCORE if row[name] is None else row[name] for name in SCORES),
        *(_day(row[f"{name}_on"]) for name in DATED),
        *(NONE if row[name] is None else values.index(row[name]) for name, values in NUMBERED.items()),
    )


def _moment(at: datetime | None) -> int:
    return UNKNOWN if at is None else microseconds(at)


def _day(day: date | None) -> int:
    return NO_DAY if day is None else as_number(day)
