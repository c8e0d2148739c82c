"""The funnel of a campaign: how many members reached each step, and which share of the first step that is."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from infra.drawing.sheet import MOST_PANELS, NothingToDraw, Place, Sheet, at_most, label, numbers, once, titled
from infra.drawing.style import GREY, PALETTE
from infra.reports.answer import Answer, Group
from infra.reports.numbers import number

STEPS = ("targeted", "sent", "delivered", "opened", "clicked", "visited", "responded", "converted")
REPEATED = ("currency", "campaign_id", "attribution_window_days")
"""Every currency's group repeats the funnel, and the campaign's name says which one it is."""


def sheet(answer: Answer, measures: Sequence[str]) -> Sheet:
    steps = measures or STEPS
    groups = [one for one in once(answer.groups, REPEATED) if any(step in one.figures for step in steps)]
    if not groups:
        raise NothingToDraw("no group has a step of the funnel")
    columns = min(len(groups), 2)
    made = Sheet(answer.report, Place(min(len(groups), MOST_PANELS), columns))
    for axes, one in zip(made.panels, at_most(groups, MOST_PANELS, made, "groups"), strict=True):
        _fill(axes, one, [step for step in steps if step in one.figures])
    return made


def _fill(axes: Axes, one: Group, steps: Sequence[str]) -> None:
    values = [float(one.figures[step].value or 0) for step in steps]
    bars = axes.barh(range(len(steps)), values, color=PALETTE[0], height=0.75)
    for bar, step, value in zip(bars, steps, values, strict=True):
        share = f" ({value / values[0]:.1%})" if values[0] else ""
        text = f" {number(one.figures[step].value)}{share}"
        axes.text(value, bar.get_y() + bar.get_height() / 2, text, va="center", fontsize=7, color=GREY)
    axes.set_yticks(range(len(steps)), [titled(step) for step in steps])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.25)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    numbers(axes, x=True)
    axes.set_xlabel("members")
    axes.set_title(label(one.called(REPEATED)), loc="left")
