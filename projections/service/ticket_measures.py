"""The measures of a ticket: the name of each, its definition, and how it is computed from a ticket's figures.

A duration is measured by one clock (calendar time, or open time of a service calendar), from one moment to another or as a sum
of intervals. Definitions are Zendesk's where Zendesk has them (https://support.zendesk.com/hc/en-us/articles/4408834848154).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from domain.service.ticket.status import Status
from projections.service.ticket_course import Course, Fact

SECOND = 1_000_000


class Measured(NamedTuple):
    """`of` computes the measure from the figures by name, either numbers of one ticket or arrays of many."""

    definition: str
    of: Callable[[Any], Any]


def _resolution(figures: Any) -> Any:
    return figures["resolved"] - figures["opened"]


DURATIONS = {
    "first_response": Measured(
        "opened to the first public reply of an agent that is not automatic; to the second if an agent opened it with one",
        lambda f: f["responded"] - f["opened"],
    ),
    "first_resolution": Measured(
        "opened to first solved, or to closed if it was closed before", lambda f: f["first_resolved"] - f["opened"]
    ),
    "full_resolution": Measured("opened to last solved, or to closed if it was closed unsolved", _resolution),
    "requester_wait": Measured("time as new, open or on hold", lambda f: f["as_new"] + f["as_open"] + f["on_hold"]),
    "agent_wait": Measured("time as pending", lambda f: f["as_pending"]),
    "agent_work": Measured("time as new or open", lambda f: f["as_new"] + f["as_open"]),
    "on_hold": Measured("time on hold", lambda f: f["on_hold"]),
    "seed_processing_time": Measured("end - start: opened to last solved or closed", _resolution),
    "seed_processing_time_net": Measured(
        "end - start, less the time as pending", lambda f: f["resolved"] - f["opened"] - f["as_pending"]
    ),
    "last_activity": Measured(
        "opened to the last event of any kind, of unsolved tickets too", lambda f: f["last_activity"] - f["opened"]
    ),
}
COUNTS = {
    "reopens": Measured("times a solved or closed ticket was reopened", lambda f: f["reopens"]),
    "replies": Measured("public replies of agents that are not automatic", lambda f: f["replies"]),
    "reassignments": Measured("assignments to an agent or a team after the first", lambda f: f["reassignments"]),
}
MEASURES = DURATIONS | COUNTS
AGE = "backlog_age_so_far"
# Measures with a value before a ticket is solved or closed; all others have no value until then.
EARLIER = frozenset({"first_response", "first_resolution", "last_activity"})

# Measures that are sums of intervals, by the statuses they sum.
SUMMED: Mapping[str, frozenset[Status]] = {
    "requester_wait": frozenset({"new", "open", "on_hold"}),
    "agent_wait": frozenset({"pending"}),
    "agent_work": frozenset({"new", "open"}),
    "on_hold": frozenset({"on_hold"}),
}


def sources(course: Course, last_activity: int) -> dict[str, list[int]]:
    """The positions of the events that each measure is computed from; `last_activity` is the position of the last event."""
    opened = course.opening.position
    resolved = [opened, *_position(course.resolution)]
    moments = {
        "first_response": [opened, *_position(course.response)],
        "first_resolution": [opened, *_position(course.first_resolution)],
        "full_resolution": resolved,
        "seed_processing_time": resolved,
        "seed_processing_time_net": sorted({*resolved, *between(course, SUMMED["agent_wait"])}),
        "last_activity": sorted({opened, last_activity}),
        "reopens": _positions(course.reopenings),
        "replies": _positions(course.replies),
        "reassignments": _positions(course.reassignments),
    }
    return moments | {name: between(course, statuses) for name, statuses in SUMMED.items()}


def between(course: Course, statuses: frozenset[Status]) -> list[int]:
    """The positions of the events with which intervals of these statuses begin and end."""
    found = [(i.began_position, i.ended_position) for i in course.intervals if i.status in statuses]
    return sorted({position for pair in found for position in pair if position is not None})


def _position(fact: Fact | None) -> list[int]:
    return [] if fact is None else [fact.position]


def _positions(facts: Sequence[Fact]) -> list[int]:
    return sorted(fact.position for fact in facts)
