"""Up to where a read model is complete, by what had been sent to its partitions at several moments.

Under a steady load some partition nearly always has a message on its way. What is held there may be old, and by what is sent
now, no more than that is complete. But all that had been sent a moment ago is held, and the answer for that moment stays true:
what is routed to a partition up to a position depends on the log alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

MOST = 64
"""The most moments that are remembered. They reach far back, because the distance between them grows with their age."""


class Sent(NamedTuple):
    """A moment of the relay: every event up to `routed` was sent, and `last` is the last position sent to each partition."""

    routed: int
    last: Mapping[int, int]


def remembered(moments: Sequence[Sent], now: Sent) -> Sequence[Sent]:
    """These moments, which are in order, and the present one; it alone if it is before the last, because all is sent again."""
    if not moments or now.routed < moments[-1].routed:
        return (now,)
    before = moments[:-1] if now.routed == moments[-1].routed else moments
    return (*(before if len(before) < MOST else _thinned(before)), now)


def _thinned(moments: Sequence[Sent]) -> Sequence[Sent]:
    """Without the one that is missed least: the events between its neighbours are few, compared with those since then."""
    last = moments[-1].routed

    def missed(place: int) -> float:
        before = moments[place - 1].routed
        return (moments[place + 1].routed - before) / (last - before)

    least = min(range(1, len(moments) - 1), key=missed)
    return (*moments[:least], *moments[least + 1 :])


def complete_up_to(held: Mapping[int, int], moments: Sequence[Sent]) -> dict[int, int]:
    """The position up to which each partition is complete. `held` is the position that a read model holds, by partition.

    Where it holds the last position that had been sent at some moment, it is complete up to what had been routed then, also on
    an idle partition.
    """
    return {partition: max(position, _routed(partition, position, moments)) for partition, position in held.items()}


def _routed(partition: int, position: int, moments: Sequence[Sent]) -> int:
    reached = bisect_right(moments, position, key=lambda moment: moment.last.get(partition, 0))
    return moments[reached - 1].routed if reached else 0
