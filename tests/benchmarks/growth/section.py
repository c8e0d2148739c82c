"""The section "Growth" of docs/benchmarks.md, from docs/growth.json."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.figures import Figure
from tests.benchmarks.growth.record import ENGINES, MEASURES, Measure, Record, Stage, read

EMPTY = "–"


def recorded() -> str:
    """The section of the last run."""
    return section(read())


def section(record: Record) -> str:
    """Markdown with a table for each engine and the pictures. Empty if nothing was measured."""
    if not record:
        return ""
    tables = [f"### {ENGINES[engine]}\n\n{_table(stages)}\n\n{_conditions(stages)}" for engine, stages in record.items()]
    return "\n\n".join([INTRODUCTION, PICTURES, *tables]) + "\n\n"


def _table(stages: dict[int, Stage]) -> str:
    head = ["what", "unit", *(f"{stage.events:,}" for stage in stages.values())]
    names = [name for name in MEASURES if any(name in stage.figures for stage in stages.values())]
    rows = [_row(MEASURES[name], [stage.figures.get(name) for stage in stages.values()]) for name in names]
    ruler = ["---", "---", *("--:" for _ in stages)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ruler, *rows))


def _row(measure: Measure, figures: list[Figure | None]) -> list[str]:
    return [measure.what, measure.unit, *map(_cell, figures)]


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return EMPTY
    number = f"{figure.ours:,.0f}" if figure.ours >= 100 else f"{figure.ours:.3g}"
    return number if figure.ratio is None else f"{number} ({figure.ratio:.2f})"


def _conditions(stages: dict[int, Stage]) -> str:
    return "Measured: " + "; ".join(dict.fromkeys(_measured(stages))) + "."


def _measured(stages: dict[int, Stage]) -> Iterator[str]:
    for stage in stages.values():
        place = stage.place
        code = f"commit {place.commit[:12]}{' with changes' if place.changed else ''}"
        yield f"{place.date}, {code}, {stage.processor}, {place.cores} cores, Python {place.python}, {place.load}"


INTRODUCTION = """\
## Growth

What one more event costs when there are many already. `python -m tests.benchmarks.growth` lets a log grow with customers,
their orders and their tickets, and measures at each stage. Commands register customers, in turn on this deployment and on an
empty one of the same engine. The number in brackets is the median of the ratios to the empty one, round by round: at 1, the
length of the log does not matter. For commands per second a higher ratio is better, for latency and CPU a lower one.

SQLite is the embedded deployment: one process, which also folds every event into the read models. PostgreSQL is one API worker,
and a rebuild has filled its read models. A GET and a customer *as of* a position are of random customers. CPU and memory are
those of the server's process, not of PostgreSQL; CPU includes what the server does after the answer. Starts are measured to
50 ms. Bytes are as they were written, without the pages that are free. Other work shared the processors at times, most of all
at five million events: read ratios and CPU rather than rates and milliseconds."""

PICTURES = """\
![Commands and reads over the number of events in the log](growth/speed.svg)

![Rebuild, start, memory and bytes over the number of events in the log](growth/size.svg)"""
