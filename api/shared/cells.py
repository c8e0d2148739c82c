"""The cells of a CSV: what a row has in each column, as it is written.

A row is walked once: an object on the way to several columns, such as a figure, is looked up only once, and what has no column
is never converted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET

from api.shared.columns import Column, Path
from api.shared.encoding import encode, plain
from domain.shared.spreadsheets import FIRST, neutralised

AS_THEY_ARE = frozenset((int, Decimal, date))
"""Types of values whose text is the same in a CSV and in JSON."""
Target = tuple[Path, int, bool]
"""The rest of the path to a column, the column's number, and whether its texts are neutralised."""
Reader = Callable[[Any], Iterable[Any]]


class Cells:
    """Makes the cells of rows."""

    def __init__(self, columns: Sequence[Column], *, neutralise: bool) -> None:
        self._nothing: list[Any] = [None] * len(columns)
        self._fields = _Fields([(one.path, place, one.text and neutralise) for place, one in enumerate(columns)])

    def of(self, row: Any) -> list[Any]:
        """The cells of a dict or a struct; None where it has nothing. Below a list, the values of all its elements."""
        cells = self._nothing.copy()
        self._fields.fill(cells, row if _has_fields(row.__class__) else plain(row))
        return cells


class _Fields:
    """The fields of an object that are columns, and those on the way to columns."""

    def __init__(self, targets: Sequence[Target]) -> None:
        own = [(path[0], column, neutralise) for path, column, neutralise in targets if len(path) == 1]
        self._names = [name for name, _, _ in own]
        self._columns = [(column, neutralise) for _, column, neutralise in own]
        self._readers: dict[type, Reader] = {}
        self._below: list[tuple[str, _Fields, Sequence[Target]]] = []
        for name in dict.fromkeys(path[0] for path, _, _ in targets if len(path) > 1):
            further = [(path[1:], column, text) for path, column, text in targets if path[0] == name and len(path) > 1]
            self._below.append((name, _Fields(further), further))

    def fill(self, cells: list[Any], row: Any) -> None:
        kind = type(row)
        values = (self._readers.get(kind) or self._reader(kind))(row)
        for (column, neutralise), value in zip(self._columns, values, strict=True):
            if value is None or value is UNSET:
                continue
            of = type(value)
            # Nearly all texts begin with a letter: that is cheaper to see here than in a call.
            plainly = of in AS_THEY_ARE or (of is str and not (neutralise and value[:1] in FIRST))
            cells[column] = value if plainly else _cell(value, neutralise)
        for name, fields, targets in self._below:
            value = row.get(name) if kind is dict else getattr(row, name, None)
            if value is None or value is UNSET:
                continue
            inside = value if _has_fields(value.__class__) else plain(value)
            if type(inside) is list:
                for path, column, _ in targets:
                    cells[column] = _cell(_at(path, inside), False)
            elif _has_fields(inside.__class__):
                fields.fill(cells, inside)

    def _reader(self, kind: Any) -> Reader:
        self._readers[kind] = made = _reader(kind, self._names)
        return made


def _reader(kind: Any, names: Sequence[str]) -> Reader:
    """Reads these fields; None where there is none. If a struct has all of them, one call reads them."""

    def of_dict(row: Any) -> Iterable[Any]:
        return map(row.get, names)

    def of_struct(row: Any) -> Iterable[Any]:
        return [getattr(row, name, None) for name in names]

    if kind is dict:
        return of_dict
    return attrgetter(*names) if len(names) > 1 and set(names) <= set(kind.__struct_fields__) else of_struct


@cache
def _has_fields(kind: Any) -> bool:
    """Whether values of this type have the same fields as in JSON: it is a dict, or a struct without rules of its own."""
    if not issubclass(kind, msgspec.Struct):
        return kind is dict
    rules = kind.__struct_config__
    return (
        not (rules.omit_defaults or rules.array_like or rules.tag) and kind.__struct_encode_fields__ == kind.__struct_fields__
    )


def _at(path: Path, value: Any) -> Any:
    """What is at the path in the value; of a list, what all its elements have there."""
    for step, name in enumerate(path):
        if isinstance(value, list):
            return [_at(path[step:], element) for element in value]
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _cell(value: Any, neutralise: bool) -> Any:
    """The cell of a value: digits without an exponent for a number, JSON for a list or an object."""
    kind = type(value)
    if kind is str:
        return neutralised(value) if neutralise else value
    if kind is float:
        return f"{Decimal(repr(value)):f}"
    found = plain(value)
    return _cell(found, neutralise) if type(found) is str else found if type(found) is int else encode(found).decode()
