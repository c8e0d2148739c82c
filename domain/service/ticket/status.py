"""A ticket's status, and what moves it: the one table for the ticket's decisions and for whoever measures how long it took.

Moves count in the order of their time of occurrence, and of their version where that is the same, so that a fact that is
told late takes its place.
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
"""Moves that say, of a closed ticket too, that it is no case of its own."""


class Moved(NamedTuple):
    """A move, as the log has it."""

    at: datetime
    version: int
    move: Move


class Standing(NamedTuple):
    """Where the ticket stood from `since` until the next standing, and the move that led there: None for a new one."""

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
    """The status that the move leads to; a closed ticket stays closed until it is reopened."""
    return _LEADS[move].get(status, status)


def course(opened_at: datetime, moves: Iterable[Moved]) -> list[Standing]:
    """Where the ticket stood, one after the other, from its opening on. `moves` are in the order in which they count."""
    standings = [Standing("new", opened_at)]
    for at, _, move in moves:
        last = standings[-1]
        status = after(last.status, move)
        if status != last.status or (move in OUTSIDE and move != last.by):
            standings.append(Standing(status, at, move))
    return standings
