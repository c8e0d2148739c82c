"""Curves of waiting: which share still waits after each time, as steps with their band (Kaplan and Meier)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from infra.drawing.sheet import NothingToDraw, Place, Sheet, at_most, common, label, numbers, titled
from infra.drawing.style import GREY, LINES, PALETTE
from infra.reports.answer import Answer, Group

POINTS = "curve"
HEIGHT = 4.5
UNITS = (("days", 86_400, 4 * 86_400), ("hours", 3_600, 2 * 3_600), ("minutes", 60, 2 * 60), ("seconds", 1, 0))
"""A unit, its seconds, and from which longest time on it is used."""


def sheet(answer: Answer, measures: Sequence[str]) -> Sheet:
    curves = [one for one in answer.groups if one.lists.get(POINTS)]
    if not curves:
        raise NothingToDraw("no group has a curve")
    made = Sheet(answer.report, Place(1, 1, HEIGHT))
    shown = at_most(curves, len(PALETTE), made, "groups")
    [axes] = made.panels
    longest = max(float(one.lists[POINTS][-1]["seconds"]) for one in shown)
    unit, seconds = next((unit, seconds) for unit, seconds, least in UNITS if longest >= least)
    shared = common(shown)
    for place, one in enumerate(shown):
        named = one.called(shared) or "all"
        _steps(axes, one.lists[POINTS], seconds, PALETTE[place], LINES[place % len(LINES)], label(named))
    _finish(axes, answer, unit, shown)
    made.notes.append("Bands are at 95 % for each time. What has not ended counts as waiting until the answer's position.")
    return made


def _steps(axes: Axes, points: Sequence[Mapping[str, Any]], seconds: int, colour: str, line: str, named: str) -> None:
    times = [0.0, *(float(point["seconds"]) / seconds for point in points)]
    share, low, high = ([1.0, *(float(point[name]) for point in points)] for name in ("share", "low", "high"))
    axes.step(times, share, line, where="post", color=colour, label=named)
    axes.fill_between(times, low, high, step="post", color=colour, alpha=0.15, linewidth=0)


def _finish(axes: Axes, answer: Answer, unit: str, shown: Sequence[Group]) -> None:
    axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    axes.set_ylim(0, 1.02)
    axes.set_xlim(left=0)
    numbers(axes, x=True)
    wait, clock = answer.facts.get("measure", ""), answer.facts.get("clock", "")
    axes.set_xlabel(f"{titled(wait or 'time')}, {clock} {unit}".replace(",  ", ", "))
    axes.set_ylabel("share of tickets still waiting")
    if len(shown) > 1:
        axes.legend(frameon=False, fontsize=8)
