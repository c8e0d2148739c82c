"""A map of segments: the means of two features, with circles whose areas are the numbers of customers."""

from __future__ import annotations

from collections.abc import Sequence

from infra.drawing import bars
from infra.drawing.sheet import NothingToDraw, Place, Sheet, label, numbers, titled
from infra.drawing.style import PALETTE
from infra.reports.answer import Answer, Group, columns
from infra.reports.numbers import number

HEIGHT = 5.0
SIZE = "customers"
MEAN = "mean:"
"""Measures are called `mean:orders`: the mean of a feature."""
LARGEST, SMALLEST = 3000.0, 20.0
"""Areas of circles, in square points."""


def sheet(answer: Answer, measures: Sequence[str]) -> Sheet:
    """Segments by rules have no features: they become bars."""
    wanted = list(measures) or [name for name in columns(answer.groups)[1] if name.startswith(MEAN)]
    if len(wanted) < 2:
        return bars.sheet(answer, wanted or [SIZE])
    x, y = wanted[:2]
    shown = [one for one in answer.groups if _value(one, x) is not None and _value(one, y) is not None]
    if not shown:
        raise NothingToDraw(f"no segment has both {x} and {y}")
    made = Sheet(answer.report, Place(1, 1, HEIGHT))
    [axes] = made.panels
    largest = max(_size(one) for one in shown) or 1.0
    for place, one in enumerate(shown):
        area = max(LARGEST * _size(one) / largest, SMALLEST)
        at = (_value(one, x) or 0.0, _value(one, y) or 0.0)
        axes.scatter(*at, s=area, color=PALETTE[place % len(PALETTE)], alpha=0.6, edgecolors="black", linewidths=0.8)
        customers = one.figures.get(SIZE)
        text = f"{label(_called(one))}\n{number(customers.value)}" if customers else label(_called(one))
        axes.annotate(text, at, ha="center", va="center", fontsize=8)
    axes.margins(0.25)
    numbers(axes, x=True, y=True)
    axes.set_xlabel(_axis(shown, x))
    axes.set_ylabel(_axis(shown, y))
    made.notes.append("Areas are numbers of customers. A mean hides how far customers are apart.")
    return made


def _called(one: Group) -> str:
    return one.names.get("label") or one.called()


def _value(one: Group, name: str) -> float | None:
    figure = one.figures.get(name)
    return None if figure is None or figure.value is None else float(figure.value)


def _size(one: Group) -> float:
    return _value(one, SIZE) or 0.0


def _axis(shown: Sequence[Group], name: str) -> str:
    text = titled(name.removeprefix(MEAN), shown[0].figures[name].unit)
    return f"mean of {text}" if name.startswith(MEAN) else text
