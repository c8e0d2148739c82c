"""Draws the record as SVG files, with text as text. The same record is the same file to the byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Sheet
from matplotlib.ticker import NullLocator

from infra.drawing.style import GREY, LINES, PALETTE, STYLE
from tests.benchmarks.figures import Figure
from tests.benchmarks.growth.record import ENGINES, Record

FOLDER = "growth"
COLOURS = dict(zip(ENGINES, PALETTE, strict=False))
Value = Callable[[Figure], float | None]


def _value(figure: Figure) -> float:
    return figure.ours


def _ratio(figure: Figure) -> float | None:
    return figure.ratio


class Panel(NamedTuple):
    """One small picture: the lines by their labels, each of one figure. `bound` is a value that is required."""

    title: str
    lines: Mapping[str, str]
    value: Value = _value
    bound: float | None = None


SHEETS: Mapping[str, Sequence[Panel]] = {
    "speed": (
        Panel("Commands per second, 64 connections", {"": "register-64"}),
        Panel("Commands per second, times those of an empty store", {"": "register-64"}, _ratio, bound=0.8),
        Panel("Latency of a command, ms, 64 connections", {"p50": "register-64-p50", "p99": "register-64-p99"}),
        Panel("Latency of a command, ms, 1 connection", {"p50": "register-1-p50", "p99": "register-1-p99"}),
        Panel("GET of random customers per second, 64 connections", {"": "get-64"}),
        Panel("A customer as of the middle of the log, ms", {"p50": "as-of-p50", "p99": "as-of-p99"}),
    ),
    "size": (
        Panel("Rebuild of all read models, events per second", {"": "rebuild"}),
        Panel("Start of a server until its first answer, s", {"": "start"}),
        Panel("Memory of the server, MB", {"afterwards": "memory", "at most": "memory-peak"}),
        Panel("Bytes for each event", {"log": "log-bytes", "read models": "read-model-bytes"}),
    ),
}


def files(folder: Path) -> Sequence[Path]:
    return [folder / FOLDER / f"{name}.svg" for name in SHEETS]


def draw(record: Record, folder: Path) -> Sequence[Path]:
    """Writes the files and returns them."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for file, panels in zip(files(folder), SHEETS.values(), strict=True):
        with rc_context(STYLE):
            _sheet(record, panels).savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return files(folder)


def _sheet(record: Record, panels: Sequence[Panel]) -> Sheet:
    rows = len(panels) // 2
    sheet = Sheet(figsize=(9.5, 2.6 * rows + 0.4), layout="constrained")
    FigureCanvasSVG(sheet)
    for place, panel in enumerate(panels, start=1):
        axes = sheet.add_subplot(rows, 2, place)
        _fill(axes, record, panel)
        if place > len(panels) - 2:
            axes.set_xlabel("events in the log")
    return sheet


def _fill(axes: Axes, record: Record, panel: Panel) -> None:
    for engine, stages in record.items():
        for (label, name), line in zip(panel.lines.items(), LINES, strict=False):
            points = [(stage.events, panel.value(stage.figures[name])) for stage in stages.values() if name in stage.figures]
            known = [(events, value) for events, value in points if value is not None]
            if known:
                named = f"{ENGINES[engine]} {label}".strip()
                axes.plot(*zip(*known, strict=True), line, marker="o", markersize=4, color=COLOURS[engine], label=named)
    if panel.bound is not None:
        axes.axhline(panel.bound, color=GREY, linewidth=1, linestyle=":", label=f"required: {panel.bound:g}")
    axes.set_title(panel.title, loc="left")
    axes.set_xscale("log")
    aims = sorted({aim for stages in record.values() for aim in stages})
    axes.set_xticks(aims, map(_events, aims))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(bottom=0)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=8, frameon=False)


def _events(number: int) -> str:
    """10 k, 1 M."""
    for size, unit in ((1_000_000, " M"), (1_000, " k")):
        if number >= size:
            return f"{number / size:g}{unit}"
    return f"{number:g}"
