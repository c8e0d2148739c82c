"""A sheet of panels with a title and its source, and how it becomes a file."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypeVar

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from infra.drawing.fonts import OURS, lacking, with_glyphs
from infra.drawing.style import GREY, STYLE
from infra.reports.answer import Group, Shown
from infra.reports.numbers import number

T = TypeVar("T")

MOST_PANELS, MOST_LINES = 12, 40
WIDTH, PANEL_HEIGHT, LINE_HEIGHT, AROUND = 9.5, 2.8, 0.24, 0.9
"""Inches."""
LONGEST_LABEL, LONGEST_LINE = 40, 130
DOTS = 150
"""Of a PNG, per inch."""


class NothingToDraw(Exception):
    """The answer has nothing that the picture needs."""


class Place(NamedTuple):
    """Panels lie beside each other, in so many columns. Each is so many inches high."""

    panels: int
    columns: int
    height: float = PANEL_HEIGHT


class Sheet:
    """Draw on `panels`, and add what readers must know to `notes`."""

    def __init__(self, report: str, place: Place) -> None:
        self._title, self.notes = report.replace("-", " ").capitalize(), list[str]()
        rows = -(-place.panels // place.columns)
        self.figure = Figure(figsize=(WIDTH, place.height * rows + AROUND), layout="constrained")
        self.panels: list[Axes] = [
            self.figure.add_subplot(rows, place.columns, number) for number in range(1, place.panels + 1)
        ]

    def finish(self, source: str) -> None:
        self.figure.suptitle(self._title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        lines = [line for text in (*dict.fromkeys(self.notes), source) for line in textwrap.wrap(text, LONGEST_LINE)]
        self.figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=7, color=GREY)

    def texts(self) -> str:
        from matplotlib.text import Text

        return "".join(text.get_text() for text in self.figure.findobj(Text) if isinstance(text, Text))


def save(sheet: Sheet, file: Path) -> str:
    """Writes the file. The remark says with which font a PNG shows characters that ours lacks."""
    missing, remark = "", ""
    families = [OURS]
    if file.suffix == ".png":
        missing = lacking(sheet.texts())
    if missing:
        font = with_glyphs(missing)
        families += [font] if font else []
        remark = (
            f"Characters that {OURS} lacks are drawn in {font}."
            if font
            else f"No installed font has {missing[:LONGEST_LABEL]!r}: the PNG shows boxes. An SVG keeps text as text."
        )
    # In an SVG, text is drawn by the reader's fonts: that ours lacks a character does not matter.
    with rc_context({"font.sans-serif": families}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        if file.suffix == ".svg":
            sheet.figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        else:
            sheet.figure.savefig(file, format="png", dpi=DOTS, metadata={"Software": None})
    return remark


def styled() -> AbstractContextManager[None]:
    """Within it, sheets are made and saved. A text with dollar signs is a text, not a formula."""
    return rc_context({**STYLE, "text.parse_math": False})


def label(text: str) -> str:
    """A text in a picture: short, and in one line."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= LONGEST_LABEL else plain[: LONGEST_LABEL - 1] + "…"


def titled(name: str, unit: str = "") -> str:
    words = label(name.replace("_", " "))
    return f"{words}, {unit}" if unit and unit != words else words


def numbers(axes: Axes, *, x: bool = False, y: bool = False) -> None:
    """Shows the numbers of an axis as they are read: 1,200,000."""
    for axis, wanted in ((axes.xaxis, x), (axes.yaxis, y)):
        if wanted:
            axis.set_major_formatter(FuncFormatter(lambda value, _: number(Decimal(f"{value:.6g}"))))


def whiskers(shown: Sequence[Shown]) -> list[list[float]]:
    """How far each interval reaches below and above its value; 0 where it has no bound."""
    below, above = [], []
    for one in shown:
        value, bounds = one.value, one.interval
        low = bounds.low if bounds else None
        high = bounds.high if bounds else None
        below.append(0.0 if value is None or low is None else max(float(value - low), 0.0))
        above.append(0.0 if value is None or high is None else max(float(high - value), 0.0))
    return [below, above]


def once(groups: Iterable[Group], without: Sequence[str]) -> list[Group]:
    """The first of the groups that have the same names, apart from these."""
    found: dict[str, Group] = {}
    for one in groups:
        found.setdefault(one.called(without), one)
    return list(found.values())


def common(groups: Sequence[Group]) -> list[str]:
    """The names that are the same in all of several groups: they need not be repeated at each."""
    if len(groups) < 2:
        return []
    return [name for name in groups[0].names if len({one.names.get(name) for one in groups}) == 1]


def at_most(items: Iterable[T], most: int, sheet: Sheet, what: str) -> list[T]:
    """The first of the items; a note says if there are more."""
    every = list(items)
    if len(every) > most:
        sheet.notes.append(f"The first {most} of {len(every)} {what}.")
    return every[:most]
