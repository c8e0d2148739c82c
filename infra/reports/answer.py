"""An answer of a report, taken apart: what it is about, and tables of groups with their names and figures.

Nothing here knows a report. A group is `{"group": {…}, "measures": {name: figure}}`, and beside it an object such as `product`
may describe the `product` of the group. What else an answer has is taken by its form: a number or an object with a value is a
figure, a text names a group, a list of objects is a table of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

Object = Mapping[str, Any]
GROUPS, TOTAL, DEFINITION = "groups", "total", "definition"
_FRACTION = re.compile(r"-?\d+\.\d+")


class Bounds(NamedTuple):
    """An interval; None is a side without a bound."""

    low: Decimal | None
    high: Decimal | None
    confidence: Decimal | None = None


class Shown(NamedTuple):
    """A figure, as `projections/shared/figures.py` defines it. `unit` is empty for a number without a unit."""

    value: Decimal | None
    unit: str = ""
    interval: Bounds | None = None
    always_valid: Bounds | None = None
    p_value: Decimal | None = None
    adjusted_p_value: Decimal | None = None
    n: int | None = None
    reason: str = ""
    caution: str = ""
    definition: str = ""


@dataclass(frozen=True)
class Group:
    """What names a group, its figures, what is said of them, and its lists of objects, such as the points of a curve."""

    names: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Shown] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    lists: dict[str, Sequence[Object]] = field(default_factory=dict)

    def called(self, without: Sequence[str] = ()) -> str:
        """Its names in one text, for a legend."""
        return ", ".join(text for name, text in self.names.items() if text and name not in without)


@dataclass(frozen=True)
class Answer:
    """`facts` are what all groups have in common, such as the zone and the position; `others` are further lists by name.

    If the groups have no names, the total is the only group.
    """

    report: str
    facts: Mapping[str, str]
    groups: Sequence[Group]
    total: Group | None
    others: Mapping[str, Sequence[Group]]
    definition: str = ""

    @property
    def tables(self) -> Mapping[str, Sequence[Group]]:
        """Every list by its name. The total is the last of the groups, and is called so."""
        rows = list(self.groups)
        if self.total is not None:
            first = next(name for one in rows for name in one.names)
            rows.append(replace(self.total, names={**self.total.names, first: TOTAL}))
        return {GROUPS: rows, **self.others}


def read(report: str, body: Object) -> Answer:
    """Takes an answer apart."""
    parts, whole = Group(), dict(body)
    total, definition = whole.pop(TOTAL, None), whole.pop(DEFINITION, None) or ""
    groups = [group(one) for one in whole.pop(GROUPS, ())]
    for name, value in whole.items():
        _take(parts, name, value)
    others: dict[str, Sequence[Group]] = {"all groups": [Group(figures=parts.figures)]} if parts.figures else {}
    others |= {name: [group(one) for one in some] for name, some in parts.lists.items()}
    facts = {name: text for name, text in parts.names.items() if text}
    named = [one for one in groups if any(one.names.values())]
    if total and not named:
        return Answer(report, facts, [group(total)], None, others, definition)
    return Answer(report, facts, groups, group(total) if total else None, others, definition)


def group(one: Object) -> Group:
    made = Group()
    if not ("group" in one and "measures" in one):
        for name, value in one.items():
            _take(made, name, value)
        return made
    made.names.update({name: _text(value) for name, value in one["group"].items()})
    for name, value in one["measures"].items():
        _take(made, name, value)
    for name, value in one.items():
        if _is_list_of_objects(value):
            made.lists[name] = value
        elif name in one["group"] and isinstance(value, Mapping):
            made.names.update({f"{name} {field}": _text(text) for field, text in value.items()})
        elif name not in ("group", "measures"):
            made.remarks.update(_remarks(value, (name,)))
    return made


def _remarks(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The texts in an object, such as the verdict on each measure, by their paths inside of it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _remarks(inner, (*path, name))
    elif text := _text(value):
        yield " ".join(path[1:] or path), text


def figure(one: Any) -> Shown:
    """The figure of an object, or of a number."""
    if not isinstance(one, Mapping):
        return Shown(_number(one))
    test = one.get("test") or {}
    return Shown(
        value=_number(one["value"]),
        unit="" if one.get("unit") == "1" else one.get("unit") or "",
        interval=_bounds(one.get("interval")),
        always_valid=_bounds(one.get("always_valid")),
        p_value=_number(test.get("p_value")),
        adjusted_p_value=_number(test.get("adjusted_p_value")),
        n=one.get("n"),
        reason=one.get("reason") or "",
        caution=one.get("caution") or "",
        definition=one.get("definition") or "",
    )


def _take(made: Group, name: str, value: Any, unit: str = "") -> None:
    """Adds a value to what it is. An object that is no figure is taken apart."""
    if isinstance(value, Mapping):
        if "value" in value and len(value) > 1:
            made.figures[name] = figure(value)
        else:
            _take_apart(made, name, value)
    elif _is_list_of_objects(value):
        made.lists[name] = value
    elif _is_number(value) and name != "position":
        made.figures[name] = Shown(_number(value), unit)
    else:
        made.names[name] = _text(value)


def _take_apart(made: Group, name: str, value: Object) -> None:
    """What is inside has its own name if all of it is alike, such as the steps of a funnel; else it belongs to `name`."""
    alike = len({isinstance(one, Mapping) for one in value.values()}) == 1 and "unit" not in value
    unit = _text(value.get("unit"))
    for inner, one in value.items():
        if inner not in ("unit", DEFINITION):
            _take(made, inner if alike and inner not in {*made.figures, *made.names} else f"{name}.{inner}", one, unit)


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_FRACTION.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _bounds(one: Object | None) -> Bounds | None:
    return one and Bounds(_number(one.get("low")), _number(one.get("high")), _number(one.get("confidence")))  # type: ignore[return-value]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def columns(groups: Sequence[Group]) -> tuple[list[str], list[str]]:
    """The names that any of the groups has, and the measures, each once in their order.

    What is a figure in one group and empty in another is a measure.
    """
    measures = list(dict.fromkeys(name for one in groups for name in one.figures))
    names = dict.fromkeys(name for one in groups for name in one.names if name not in measures)
    return list(names), measures


def each_figure(groups: Sequence[Group]) -> Iterator[Shown]:
    return (figure for one in groups for figure in one.figures.values())
