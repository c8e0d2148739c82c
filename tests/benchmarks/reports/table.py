"""What is measured of a report over many rows, what is required of it, and its table in docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tests.benchmarks.rows import ENGINES

WHAT = {
    "buyers": "buyers, new and returning, by month",
    "cohorts": "cohorts of buyers by month",
    "sales-product-month": "sales by product and month, one page",
    "channel-effect": "effect of channels",
    "service-levels": "service levels by policy",
    "service": "service by channel",
    "segments": "segments of a model",
}
"""The reports of which something is required, by their names in the parts."""
REQUIRED, AIM, MB = 3.0, 2.0, 600
"""Seconds of wall time, and the most memory."""
HEAD = ("report", "database", "seconds", "again", "CPU", "peak MB", "met")


class Measured(msgspec.Struct, frozen=True):
    """Seconds, and MB of memory: the most until the end, and what is left after the first and after the second report.

    `answer` is in bytes.
    """

    wall: float
    cpu: float
    again: float
    peak: float
    left: float
    left_again: float
    answer: int

    def met(self) -> str:
        if self.wall > REQUIRED or self.peak > MB:
            return "**not met**"
        return "aim met" if self.wall <= AIM else "required met"


class Reports(msgspec.Struct, frozen=True, kw_only=True):
    """Over so many rows of each kind; `measured` is by engine and name. `minutes` passed in all."""

    rows: int
    minutes: float
    measured: Mapping[str, Mapping[str, Measured]]


LINE = f"{'engine':<11} {'report':<26} {'wall':>7} {'again':>7} {'CPU':>7} {'peak':>8} {'left':>8} {'again':>8} {'answer':>9}"


def line(engine: str, name: str, one: Measured) -> str:
    """A line to print, under LINE."""
    seconds = f"{one.wall:>6.2f}s {one.again:>6.2f}s {one.cpu:>6.2f}s"
    memory = f"{one.peak:>7.0f}M {one.left:>7.0f}M {one.left_again:>7.0f}M"
    return f"{engine:<11} {name:<26} {seconds} {memory} {one.answer / 1000:>8,.0f}k  {one.met()}"


def section(run: Reports | None) -> str:
    """The section of the page."""
    about = NOTHING if run is None else ABOUT.format(run=run, required=REQUIRED, aim=AIM, mb=MB)
    lines = [HEAD, ["---"] * len(HEAD), *_lines({} if run is None else run.measured)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"### Reports over many rows\n\n{about}\n\n{table}"


def _lines(measured: Mapping[str, Mapping[str, Measured]]) -> Iterator[Sequence[str]]:
    for name, what in WHAT.items():
        for engine, words in ENGINES.items():
            one = measured.get(engine, {}).get(name)
            yield (what, words, *(["–"] * 5 if one is None else _cells(one)))


def _cells(one: Measured) -> Iterator[str]:
    yield from (f"{seconds:.2f}" for seconds in (one.wall, one.again, one.cpu))
    yield f"{one.peak:.0f}"
    yield one.met()


NOTHING = "Not measured yet."
ABOUT = """\
Over {run.rows:,} rows of each kind: orders with their sales, products sold, tickets, feedback, customers. A generator with a
seed writes them into the tables of the read models, which takes some minutes. The function that the route calls
makes each report and encodes it, in a process of its own: *seconds* for the first time, with the imports that it needs, and
*again* for the second time. *CPU* is that of the process for the first time, without the CPU of PostgreSQL. *Peak MB* is the
most memory of the whole process. Required are {required:g} s and {mb} MB; the aim is {aim:g} s."""
