"""Which lanes of a read model are committed together, in one transaction and with one fold, as if their partitions were one.

A row depends on the events of its subject and on those for everyone, so it does not matter which other subjects are folded with
it. But all of them must have seen the same events for everyone. Each of these goes to all partitions. So lanes that take none
have seen the same ones if there is no gap between what they take, from their places to their last messages: any such event
would be in a gap, or in all lanes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from consumers.projecting.arrivals import Arrived
from consumers.projecting.lane import Taken


def together(taken: Iterable[Taken], arrived: Mapping[int, Arrived], at_once: int) -> Iterator[Sequence[Taken]]:
    """The lanes in groups, each to be committed together, and with at most `at_once` messages if it has several lanes.

    A lane is alone if it takes an event for everyone, or one that cannot be decoded.
    """
    by_projection: dict[str, list[Taken]] = defaultdict(list)
    for lane, messages in taken:
        if any(one.everyone or one.delivery is None for one in arrived[lane.partition].wanted(lane, messages)):
            yield [(lane, messages)]
        else:
            by_projection[lane.projection.name].append((lane, messages))
    for lanes in by_projection.values():
        yield from _without_gaps(sorted(lanes, key=lambda one: one[0].held.position), at_once)


def _without_gaps(lanes: Iterable[Taken], at_once: int) -> Iterator[Sequence[Taken]]:
    """Groups of lanes that are in the order of their places."""
    group: list[Taken] = []
    size = last = 0
    for lane, messages in lanes:
        if group and (lane.held.position > last or size + len(messages) > at_once):
            yield group
            group, size = [], 0
        group.append((lane, messages))
        size, last = size + len(messages), max(last, messages[-1].stored.position)
    if group:
        yield group
