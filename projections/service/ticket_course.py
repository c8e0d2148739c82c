"""A ticket's course: its moves in the order they happened, the statuses between them, and the facts that measures use.

Moves are ordered by (occurred_at, version), so a move that is recorded late changes all that follows from it. A ticket begins
when it was opened: a move that happened earlier takes effect at the opening, and a measure that would end before it begins has
no value. Moments and durations are whole microseconds, so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec

from domain.service.ticket.opening import Opened
from domain.service.ticket.status import OUTSIDE, Move, Status, after
from domain.service.ticket.ticket import move_of
from domain.shared.events import Recorded
from projections.shared.occurred import own_day

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Clock = Callable[[int, int], int]
"""The time that passes from one moment to another, all in microseconds; zero if the second moment is the earlier one."""

FINISHED: frozenset[Status] = frozenset({"solved", "closed"})
CLOSING: frozenset[Move] = frozenset({"closed", "merged"})


class Fact(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """The part of an event that a course uses: `at` is its moment; `day` its date in every zone, if only the day is known."""

    at: int
    version: int
    position: int
    move: Move
    day: date | None = None


class Opening(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    at: int
    position: int
    by_agent: bool
    day: date | None = None


class CourseFacts(msgspec.Struct, array_like=True):
    """All facts that a course is computed from, in the order in which they were recorded."""

    opening: Opening
    moves: list[Fact]


class Interval(NamedTuple):
    """A status from one moment to another, and the positions of the events that began and ended it. None if it still runs."""

    status: Status
    began: int
    ended: int | None
    began_position: int
    ended_position: int | None


class Course(NamedTuple):
    """The moves and intervals of a ticket. `moves` are in the order in which they happened.

    `first_resolution` is the first solution or closing; later facts never move it. `resolution` is the last solution, or the
    closing if the ticket was closed unsolved; None while it is unsolved. `closing` is the last one, None while it is not
    closed. `replies` are the public replies of agents that are not automatic. `response` is the first of them, or the second
    if an agent opened the ticket with a reply.
    """

    opening: Opening
    moves: list[Fact]
    intervals: list[Interval]
    discarded: bool
    response: Fact | None
    first_resolution: Fact | None
    resolution: Fact | None
    closing: Fact | None
    replies: list[Fact]
    reassignments: list[Fact]
    solutions: list[Fact]
    reopenings: list[Fact]

    @property
    def status(self) -> Status:
        return self.intervals[-1].status

    def spent(self, status: Status, clock: Clock | None = None) -> int:
        """Microseconds in this status, of intervals that have ended; by the clock, or by `all_time` without one."""
        passed = clock or all_time
        return sum(passed(i.began, i.ended) for i in self.intervals if i.ended is not None and i.status == status)


def microseconds(at: datetime) -> int:
    """The moment, in microseconds since 1970, UTC."""
    return (at - EPOCH) // MICROSECOND


def all_time(began: int, ended: int) -> int:
    """The clock that counts every second."""
    return max(ended - began, 0)


def moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def opening(recorded: Recorded, event: Opened) -> Opening:
    metadata = recorded.metadata
    return Opening(microseconds(metadata.occurred_at), recorded.position, event.opened_by == "agent", own_day(metadata))


def fact(recorded: Recorded) -> Fact | None:
    """The part of an event after the opening that a course uses; None if a course does not use the event."""
    move, metadata = move_of(recorded.event), recorded.metadata
    return move and Fact(microseconds(metadata.occurred_at), recorded.version, recorded.position, move, own_day(metadata))


def course_of(facts: CourseFacts) -> Course:
    """The course computed from the facts."""
    opening, moves = facts.opening, sorted(facts.moves, key=lambda fact: (fact.at, fact.version))
    replies = [fact for fact in moves if fact.move == "agent_replied"]
    # An agent's reply at the moment of the opening is part of the opening, not a response.
    opened_with = opening.by_agent and bool(replies) and replies[0].at == opening.at
    finished, reopenings, resolution, closing = _endings(moves)
    return Course(
        opening=opening,
        moves=moves,
        intervals=list(_intervals(opening, moves)),
        discarded=_discarded(moves),
        response=next(iter(replies[opened_with:]), None),
        first_resolution=finished,
        resolution=resolution,
        closing=closing,
        replies=replies,
        reassignments=[fact for fact in moves if fact.move == "assigned"][1:],
        solutions=[fact for fact in moves if fact.move == "solved"],
        reopenings=reopenings,
    )


def _statuses(moves: Sequence[Fact]) -> Iterator[tuple[Status, Fact, Status]]:
    """Each move with the status before and after it."""
    status: Status = "new"
    for fact in moves:
        before, status = status, after(status, fact.move)
        yield before, fact, status


def _intervals(opening: Opening, moves: Sequence[Fact]) -> Iterator[Interval]:
    status: Status = "new"
    since, position = opening.at, opening.position
    for before, fact, following in _statuses(moves):
        if following != before:
            at = max(fact.at, opening.at)
            yield Interval(before, since, at, position, fact.position)
            status, since, position = following, at, fact.position
    yield Interval(status, since, None, position, None)


def _endings(moves: Sequence[Fact]) -> tuple[Fact | None, list[Fact], Fact | None, Fact | None]:
    """The first resolution, the reopenings, the last resolution and the closing."""
    reopenings: list[Fact] = []
    resolution: Fact | None = None
    closing: Fact | None = None
    for before, fact, status in _statuses(moves):
        if status not in FINISHED:
            resolution = closing = None
            reopenings += [fact] if before in FINISHED else []
        elif fact.move == "solved":
            resolution = fact
        elif fact.move in CLOSING:
            closing = fact
            resolution = resolution or fact
    first = next((fact for fact in moves if fact.move == "solved" or fact.move in CLOSING), None)
    return first, reopenings, resolution, closing


def _discarded(moves: Sequence[Fact]) -> bool:
    """Whether the ticket is discarded; reopening or merging a discarded ticket ends this."""
    by: str | None = None
    for before, fact, status in _statuses(moves):
        if status != before or fact.move in OUTSIDE:
            by = fact.move
    return by == "discarded"
