"""The bound of a route's work, written beside its permission: `may("orders:read", PAGE)`.

A test asks every route at its limits over a log of 100,000 events, counts the rows that it reads and its CPU time, and holds
both to the bound. A route that states none has the smallest one. The CPU times are several times those that were measured on
a core of 2 GHz, because machines differ: they find work that grows, not work that is a little slow.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Of = Literal["thing", "log", "answer"]


class Each(NamedTuple):
    """The rows and the CPU time in ms for each event of the thing, each event of the log, or each row of the answer."""

    rows: float
    cpu_ms: float
    of: Of


class Bound(NamedTuple):
    """The most rows that one request reads, and the most CPU time that it takes, in ms; and what it may add for `each`."""

    rows: int
    cpu_ms: int
    each: Each | None = None

    def shown(self) -> dict[str, Any]:
        """The bound as the OpenAPI document shows it."""
        each = {} if self.each is None else {"each": self.each._asdict()}
        return {"rows": self.rows, "cpu_ms": self.cpu_ms, **each}

    def with_size(self, sizes: dict[Of, int]) -> tuple[float, float]:
        """The rows and the CPU time in ms, if the thing, the log and the answer have these sizes."""
        if self.each is None:
            return self.rows, self.cpu_ms
        size = sizes[self.each.of]
        return self.rows + self.each.rows * size, self.cpu_ms + self.each.cpu_ms * size


ONE = Bound(250, 100, Each(2, 0.5, "thing"))
"""A command, or one thing. A command and a read of the past replay the events of the thing that they name."""
PAGE = Bound(2_500, 500)
"""A page of a list: at most 500 rows, found through an index."""
SEARCH = Bound(250_000, 2_000)
"""A page of a search in the log: with one filter as `PAGE`; with all six of the index, 20,000 entries of each are looked at."""
COUNTS = Bound(250_000, 2_000)
"""Figures of the latest events of a selection: a search, and at most five portions of a thousand events."""
STORY = Bound(250, 100, Each(5, 1.5, "thing"))
"""All that happened to one thing."""
MOMENT = Bound(500, 250, Each(6, 3, "thing"))
"""All things of one customer as of a moment: the events of each of them are folded again."""
LINEAGE = Bound(5_000, 500, Each(5, 1.5, "thing"))
"""One event, all that happened to its thing before, and at most 100 causes, 100 effects and 200 others of its command."""
REPORT = Bound(500, 250, Each(0.2, 0.02, "log"))
"""Figures over everything on the days asked for, which may be all days."""
WIDE_REPORT = Bound(500, 250, Each(1, 0.02, "log"))
"""A report that reads a row for each fact of a kind that may be most of the log, such as touchpoints."""
EXPORT = Bound(500, 250, Each(4, 1, "answer"))
"""All rows of a list or a report, as CSV or NDJSON. Every route that offers these forms may take as much."""
BATCH = Bound(500, 250, Each(10, 5, "answer"))
"""Many commands, one for each line of the answer. A line may add the replay of its thing."""
