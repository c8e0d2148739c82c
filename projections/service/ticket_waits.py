"""The waits of a ticket that count for SLA targets: one or more waits for each metric, and whether each wait is over.

The waits for `first_response`, `first_resolution` and `full_resolution` begin at the opening. The first fact that ends the wait
for a first response ends it for good: the response, or the moment when the ticket is first solved, closed, merged or discarded.
After it, a wait for `next_reply` begins each time with the first customer reply that is not answered yet, and ends in the same
way. `requester_wait` and `agent_work` are sums of intervals, so they pause in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from domain.service.service_level import Run
from domain.service.sla_policy import METRICS, Metric
from domain.service.ticket.status import Status, after
from projections.service.ticket_course import FINISHED, Course, Fact, moment
from projections.service.ticket_measures import SUMMED


class Wait(NamedTuple):
    """The periods of time that count, in microseconds since 1970, UTC. A period that still runs ends with None."""

    runs: tuple[tuple[int, int | None], ...]
    over: bool

    def moments(self) -> list[Run]:
        return [(moment(began), None if ended is None else moment(ended)) for began, ended in self.runs]


def waits(course: Course, metrics: Iterable[Metric] = METRICS) -> dict[Metric, list[Wait]]:
    """The waits of these metrics. Without a customer reply after the wait for a first response, `next_reply` has none."""
    return {metric: _WAITS[metric](course) for metric in metrics}


def _first_response(course: Course) -> list[Wait]:
    ends = (_at(course.response), next((i.began for i in course.intervals if i.status in FINISHED), None))
    return [_one(course.opening.at, min((end for end in ends if end is not None), default=None))]


_WAITS: Mapping[Metric, Callable[[Course], list[Wait]]] = {
    "first_response": _first_response,
    "next_reply": lambda course: [_one(began, ended) for began, ended in replies(course)],
    "first_resolution": lambda course: [_one(course.opening.at, _at(course.first_resolution))],
    "full_resolution": lambda course: [_one(course.opening.at, _at(course.resolution))],
    "requester_wait": lambda course: [_sum(course, SUMMED["requester_wait"])],
    "agent_work": lambda course: [_sum(course, SUMMED["agent_work"])],
}


def _one(began: int, ended: int | None) -> Wait:
    return Wait(((began, None if ended is None else max(began, ended)),), ended is not None)


def _sum(course: Course, statuses: frozenset[Status]) -> Wait:
    runs = tuple((i.began, i.ended) for i in course.intervals if i.status in statuses)
    return Wait(runs, course.status in FINISHED)


def replies(course: Course) -> Iterator[tuple[int, int | None]]:
    """The waits for a reply: each from the first unanswered customer reply to the agent's next reply or the ticket's end."""
    status: Status = "new"
    since: int | None = None
    first_is_over = False
    for fact in course.moves:
        status = after(status, fact.move)
        if since is not None and (fact.move == "agent_replied" or status in FINISHED):
            yield since, fact.at
            since = None
        elif since is None and first_is_over and fact.move == "customer_replied" and status not in FINISHED:
            since = fact.at
        first_is_over = first_is_over or fact is course.response or status in FINISHED
    if since is not None:
        yield since, None


def _at(fact: Fact | None) -> int | None:
    return None if fact is None else fact.at
