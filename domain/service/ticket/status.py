"""A ticket's status and the moves that change it. Both the ticket's decisions and the measured durations use this one table.

Moves are ordered by their time of occurrence, then by version. So a fact that is recorded late still counts from the time at
which it happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

Status = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
Move = Literal[
    "assigned",
    "agent_replied",
    "customer_replied",
    "pended",
    "held",
    "resumed",
    "solved",
    "reopened",
    "closed",
    "merged",
    "discarded",
]

OUTSIDE: frozenset[Move] = frozenset({"merged", "discarded"})
"""Moves that also apply to a closed ticket. They state that the ticket was not a separate case."""


class Moved(NamedTuple):
    """A move as recorded in the log."""

    at: datetime
    version: int
    move: Move


class Standing(NamedTuple):
    """A status from `since` until the next status, and the move that led to it (None for a new ticket)."""

    status: Status
    since: datetime
    by: Move | None = None


_UNCLOSED: tuple[Status, ...] = ("new", "open", "pending", "on_hold", "solved")
_CLOSED: Mapping[Status, Status] = dict.fromkeys(_UNCLOSED, "closed")

_LEADS: Mapping[Move, Mapping[Status, Status]] = {
    "assigned": {"new": "open"},
    "agent_replied": {"new": "open"},
    "customer_replied": {"pending": "open", "solved": "open"},
    "pended": dict.fromkeys(_UNCLOSED, "pending"),
    "held": dict.fromkeys(_UNCLOSED, "on_hold"),
    "resumed": {"new": "open", "pending": "open", "on_hold": "open"},
    "solved": dict.fromkeys(_UNCLOSED, "solved"),
    "reopened": {"pending": "open", "on_hold": "open", "solved": "open", "closed": "open"},
    "closed": _CLOSED,
    "merged": _CLOSED,
    "discarded": _CLOSED,
}


def after(status: Status, move: Move) -> Status:
    """The status after the move. A closed ticket stays closed until it is reopened."""
    return _LEADS[move].get(status, status)


def course(opened_at: datetime, moves: Iterable[Moved]) -> list[Standing]:
    """All statuses of the ticket in order, from its opening on. `moves` must be ordered."""
    standings = [Standing("new", opened_at)]
    for at, _, move in moves:
        last = standings[-1]
        status = after(last.status, move)
        if status != last.status or (move in OUTSIDE and move != last.by):
            standings.append(Standing(status, at, move))
    return standings
