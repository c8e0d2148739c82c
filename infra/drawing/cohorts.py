"""Cohorts as a map of colours: which share of each cohort came back, by months since their first order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from infra.drawing.sheet import LINE_HEIGHT, NothingToDraw, Place, Sheet, at_most, label, titled
from infra.drawing.style import SHADES
from infra.reports.answer import Answer, Group
from infra.reports.numbers import number

ROW, COLUMN, USUAL = "cohort", "months_since", "retention"
MOST_ROWS, MOST_COLUMNS, MOST_MAPS, WRITTEN = 60, 36, 4, 16
"""Cells of so many columns have their number written in."""

Cells = Mapping[tuple[str, int], float]


def sheet(answer: Answer, measures: Sequence[str]) -> Sheet:
    measure = measures[0] if measures else USUAL
    every = _maps(answer.groups, measure)
    if not every:
        raise NothingToDraw(f"no cohort has {measure}")
    names = sorted(every)
    rows = max(len({row for row, _ in cells}) for cells in every.values())
    made = Sheet(answer.report, Place(min(len(names), MOST_MAPS), 1, LINE_HEIGHT * min(rows, MOST_ROWS) + 1.4))
    for axes, name in zip(made.panels, at_most(names, MOST_MAPS, made, "maps"), strict=True):
        _fill(made, axes, every[name], measure)
        axes.set_title(label(name), loc="left")
    return made


def _maps(groups: Sequence[Group], measure: str) -> Mapping[str, Cells]:
    """The cells of each map: amounts and orders are by currency, which are never added up."""
    found: defaultdict[str, dict[tuple[str, int], float]] = defaultdict(dict)
    for one in groups:
        figure, months = one.figures.get(measure), _months(one)
        if figure and figure.value is not None and months is not None and ROW in one.names:
            rest = [ROW, COLUMN]
            found[one.called(rest)][one.names[ROW], months] = float(figure.value)
    return found


def _months(one: Group) -> int | None:
    if COLUMN in one.names:
        return int(one.names[COLUMN])
    figure = one.figures.get(COLUMN)
    return None if figure is None or figure.value is None else int(figure.value)


def _fill(made: Sheet, axes: Axes, cells: Cells, measure: str) -> None:
    rows = at_most(sorted({row for row, _ in cells}), MOST_ROWS, made, "cohorts")
    months = min(max(month for _, month in cells) + 1, MOST_COLUMNS)
    missing = float("nan")
    values = [[cells.get((row, month), missing) for month in range(months)] for row in rows]
    image = axes.imshow(values, aspect="auto", cmap=SHADES)
    made.figure.colorbar(image, ax=axes, label=titled(measure), pad=0.01)
    axes.set_yticks(range(len(rows)), [label(row.removesuffix("-01") if row.count("-") == 2 else row) for row in rows])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("months since the first order")
    axes.set_ylabel("month of the first order")
    axes.grid(visible=False)
    if months <= WRITTEN:
        _write(axes, values)


def _write(axes: Axes, values: Sequence[Sequence[float]]) -> None:
    known = [value for row in values for value in row if value == value]
    middle = (min(known) + max(known)) / 2
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            if value == value:
                colour = "black" if value > middle else "white"
                axes.text(x, y, number(Decimal(f"{value:.3g}")), ha="center", va="center", fontsize=6, color=colour)
