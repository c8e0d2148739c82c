"""An answer of a report as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from rich import box
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from infra.reports.answer import GROUPS, Answer, Bounds, Shown, columns, each_figure
from infra.reports.answer import Group as Row
from infra.reports.numbers import NOTHING, number

CAUTION = "!"
LONGEST_REMARK = 24
"""A longer text would make the column of values wide: it becomes a note."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_STYLE = "dim"


class Notes:
    """Texts below the tables: why a figure has no value, or supports no conclusion. The same text has one number."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}

    def mark(self, text: str) -> str:
        """The raised number that refers to this text; nothing without a text."""
        return str(self._texts.setdefault(text, len(self._texts) + 1)).translate(_RAISED) if text else ""

    def lines(self) -> Iterator[Text]:
        return (Text(f"{str(place).translate(_RAISED)} {text}", _STYLE) for text, place in self._texts.items())


def tables(answer: Answer, width: int, definitions: bool = False) -> RenderableType:
    """Everything that the answer says; tables whose figures do not fit into the width have a line for each figure."""
    notes = Notes()
    parts: list[RenderableType] = [Text(answer.report, "bold"), Text(about(answer), _STYLE)]
    for name, rows in answer.tables.items():
        if name != GROUPS:
            parts.append(Text(f"\n{name}", "bold"))
        parts.append(_table(rows, width, notes) if rows else Text("There is no group.", _STYLE))
    parts += notes.lines()
    if definitions:
        parts += [Text(f"\n{line}", _STYLE) for line in _definitions(answer)]
    return Group(*parts)


def about(answer: Answer) -> str:
    """What all groups have in common, in one line."""
    return " · ".join(f"{name.replace('_', ' ')} {text}" for name, text in answer.facts.items())


def _definitions(answer: Answer) -> Iterator[str]:
    if answer.definition:
        yield answer.definition
    known = {name: one.definition for rows in answer.tables.values() for row in rows for name, one in row.figures.items()}
    yield from (f"{name} = {text}" for name, text in known.items() if text)


def _table(rows: Sequence[Row], width: int, notes: Notes) -> Table:
    tested = any(one.p_value is not None or one.always_valid for one in each_figure(rows)) or any(one.remarks for one in rows)
    # Notes are numbered when they are shown, so what is not shown numbers none.
    if not tested and _width(_wide(rows, Notes())) <= width:
        return _wide(rows, notes)
    return _long(rows, notes)


def _width(table: Table) -> int:
    console = Console(width=10_000)
    return Measurement.get(console, console.options, table).maximum


# A column for each measure


def _wide(rows: Sequence[Row], notes: Notes) -> Table:
    names, measures = columns(rows)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(_title(name), no_wrap=True)
    units = {name: _unit(rows, name) for name in measures}
    for name, unit in units.items():
        table.add_column(f"{_title(name)}\n{unit}" if unit else _title(name), justify="right", no_wrap=True)
    for row in rows:
        cells = [Text(row.names.get(name) or NOTHING) for name in names]
        table.add_row(*cells, *(_cell(row.figures.get(name), bool(units[name]), notes) for name in measures))
    return table


def _title(name: str) -> str:
    return name.replace("_", " ")


def _unit(rows: Sequence[Row], name: str) -> str:
    """The unit of a measure, if all groups have the same."""
    units = {row.figures[name].unit for row in rows if name in row.figures}
    return units.pop() if len(units) == 1 else ""


def _cell(one: Shown | None, titled: bool, notes: Notes) -> Text:
    if one is None:
        return Text("")
    text = _value(one, notes)
    if one.unit and not titled and one.value is not None:
        text.append(f" {one.unit}", _STYLE)
    if one.interval and one.value is not None:
        text.append(f" {_bounds(one.interval)}", _STYLE)
    return text


def _value(one: Shown, notes: Notes) -> Text:
    text = Text(number(one.value))
    if one.value is None:
        text.append(notes.mark(one.reason))
    if one.caution:
        text.append(f"{CAUTION}{notes.mark(one.caution)}", "yellow")
    return text


def _bounds(bounds: Bounds | None) -> str:
    return f"[{number(bounds.low)}, {number(bounds.high)}]" if bounds else ""


# A line for each measure


class _Line(NamedTuple):
    """What else a figure says. A column that is empty everywhere is left out."""

    unit: str
    interval: str
    always_valid: str
    p_value: str
    adjusted: str
    n: str


_NOTHING = _Line("", "", "", "", "", "")
_TITLES = _Line("unit", "interval", "always valid", "p", "adjusted p", "n")


def _long(rows: Sequence[Row], notes: Notes) -> Table:
    names, measures = columns(rows)
    shown = [(row, name, row.figures[name]) for row in rows for name in measures if name in row.figures]
    every = [_line(one) for _, _, one in shown]
    used = [place for place in range(len(_TITLES)) if any(line[place] for line in every)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in [*names, "measure"]:
        table.add_column(_title(name), no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    for place in used:
        table.add_column(_titled(_TITLES[place], shown), justify="right" if place > 2 else "left", no_wrap=True)
    for row in rows:
        cells = [row.names.get(each) or NOTHING for each in names]
        for name, value, line in _lines(row, measures, notes):
            table.add_row(*map(Text, cells), _title(name), value, *(Text(line[place]) for place in used))
            cells = [""] * len(names)
        table.add_section()
    return table


def _lines(row: Row, measures: Sequence[str], notes: Notes) -> Iterator[tuple[str, Text, _Line]]:
    """The figures of a group, and what is said of them."""
    for name in measures:
        if name in row.figures:
            yield name, _value(row.figures[name], notes), _line(row.figures[name])
    for name, text in row.remarks.items():
        yield name, Text(text if len(text) <= LONGEST_REMARK else notes.mark(text)), _NOTHING


def _line(one: Shown) -> _Line:
    p_value, adjusted = (number(p) if p is not None else "" for p in (one.p_value, one.adjusted_p_value))
    n = "" if one.n is None else number(Decimal(one.n))
    return _Line(one.unit, _bounds(one.interval), _bounds(one.always_valid), p_value, adjusted, n)


def _titled(title: str, shown: Sequence[tuple[Row, str, Shown]]) -> str:
    """The interval with its level, if all have the same."""
    levels = {one.interval.confidence for _, _, one in shown if one.interval and one.interval.confidence}
    return f"{levels.pop():.0%} {title}" if title == _TITLES.interval and len(levels) == 1 else title
