"""The expressions of a mapping: templates, numbers, flags, times and conditions. Each is compiled once for all rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from commands.importing.mapping import Conditions, FileFormat, MappingError, Part, Time
from commands.importing.numbers import number_reader
from commands.importing.reading import LINE
from commands.importing.times import time_reader
from commands.importing.unusable import Unusable
from domain.shared.occurrence import Occurrence
from domain.shared.text import one_form

Texts = Sequence[str | None]

EACH = "#each"
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
DECIMALS = Decimal("0.000001")
FLAGS = {"1": True, "true": True, "yes": True, "y": True, "0": False, "false": False, "no": False, "n": False}
REMEMBERED = 10_000


class Expression(NamedTuple):
    """Reads a value from a row's texts. `columns` are the columns that it uses, `parts` the keys of a table or a list."""

    read: Callable[[Texts], Any]
    columns: tuple[str, ...] = ()
    parts: Mapping[str, Expression] = {}

    @property
    def varies(self) -> bool:
        return bool(self.columns)

    def read_at(self, path: str, texts: Texts) -> Any:
        """Reads the value. An Unusable that it raises names `path` and the columns."""
        try:
            return self.read(texts)
        except Unusable as unusable:
            raise unusable.within(path, self.columns) from None


class Computed(Part, frozen=True):
    """A computed value: exactly one of the first five fields is given. `map`, if given, is applied to the text first."""

    text: str | None = None
    number: str | None = None
    flag: str | None = None
    multiply: tuple[str, ...] = ()
    divide: tuple[str, ...] = ()
    map: dict[str, str] | None = None
    otherwise: str | None = None


class Compiler:
    """Compiles expressions for a file with these columns. Raises MappingError with the key's path."""

    def __init__(self, columns: Mapping[str, int], format: FileFormat, zone: str | None = None) -> None:
        self._columns, self._zone, self._number = columns, zone, number_reader(format)

    def template(self, text: str, path: str) -> Expression:
        """`{column}` is replaced by the column's text. If one of these columns is empty in a row, there is no value."""
        pieces = PLACEHOLDER.split(text)
        if any(brace in literal for literal in pieces[::2] for brace in "{}"):
            raise MappingError(f"{path}: a brace is not closed.")
        columns = tuple(pieces[1::2])
        places = [self.place(name, path) for name in columns]
        if not places:
            constant = one_form(text)
            return Expression(lambda texts: constant)
        if len(places) == 1 and pieces[0] == pieces[2] == "":
            return Expression(itemgetter(places[0]), columns)
        return Expression(lambda texts: _filled(pieces[::2], [texts[place] for place in places]), columns)

    def place(self, column: str, path: str) -> int:
        column = one_form(column)
        if column not in self._columns:
            known = ", ".join(name for name in self._columns if name not in (LINE, EACH))
            raise MappingError(f"{path}: there is no column {column!r}. The columns are {known}; {LINE} is the line number.")
        return self._columns[column]

    def number(self, text: str, path: str) -> Expression:
        """A number in the file's format. Raises MappingError if it uses no column and is not such a number."""
        template = self.template(text, path)
        if not template.varies:
            self._check_number(text, path)
        return template._replace(read=lambda texts: self._parsed(template.read(texts)))

    def computed(self, spec: Computed, path: str) -> Expression:
        given = [kind for kind in ("text", "number", "flag", "multiply", "divide") if getattr(spec, kind)]
        if len(given) != 1:
            raise MappingError(f"{path}: give exactly one of text, number, flag, multiply and divide.")
        if given[0] in ("multiply", "divide"):
            return self._calculated(spec, path)
        template = self.mapped(getattr(spec, given[0]), spec, path)
        if given[0] == "number" and (spec.map is not None or not template.varies):
            for text in (spec.number, spec.otherwise) if spec.map is None else (*spec.map.values(), spec.otherwise):
                self._check_number(text, path)
        convert: Callable[[str | None], Any] = {"text": _same, "number": self._parsed, "flag": _flag}[given[0]]
        return template._replace(read=lambda texts: convert(template.read(texts)))

    def mapped(self, text: str, spec: Computed, path: str) -> Expression:
        template = self.template(text, path)
        if spec.map is None:
            if spec.otherwise is not None:
                raise MappingError(f"{path}.otherwise: it needs a map.")
            return template
        known = {one_form(text): value for text, value in spec.map.items()}
        return template._replace(read=lambda texts: _looked_up(template.read(texts), known, spec.otherwise))

    def _calculated(self, spec: Computed, path: str) -> Expression:
        if spec.map is not None or spec.otherwise is not None:
            raise MappingError(f"{path}: a calculated number cannot have a map.")
        if spec.divide and len(spec.divide) != 2:
            raise MappingError(f"{path}.divide: give two numbers; the first is divided by the second.")
        operands = [self.number(text, path) for text in spec.multiply or spec.divide]
        operation = _quotient if spec.divide else _product
        return Expression(
            lambda texts: _unless_null(operation, [operand.read(texts) for operand in operands]),
            tuple(column for operand in operands for column in operand.columns),
        )

    def _parsed(self, text: str | None) -> Decimal | None:
        return None if text is None else self._number(text)

    def _check_number(self, text: str | None, path: str) -> None:
        try:
            self._parsed(text)
        except Unusable as unusable:
            raise MappingError(f"{path}: {text!r} in quotes: {unusable.reason}") from None

    def condition(self, when: Conditions, unless: Conditions, path: str) -> Callable[[Texts], bool]:
        """`column = "a"` or `["a", "b"]` requires one of these texts, `true` any text, `false` an empty column."""
        wanted = [(self.place(column, f"{path}.when"), _wanted(value)) for column, value in when.items()]
        unwanted = [(self.place(column, f"{path}.unless"), _wanted(value)) for column, value in unless.items()]
        return lambda texts: (
            all(_holds(texts[place], value) for place, value in wanted)
            and not any(_holds(texts[place], value) for place, value in unwanted)
        )

    def time(self, spec: str | Time, path: str) -> Expression:
        """The time at which the facts happened. A row without a time is Unusable."""
        moment = self.moment(spec, path)

        def read(texts: Texts) -> Occurrence:
            found: Occurrence | None = moment.read(texts)
            if found is None:
                raise Unusable("It is empty: every fact of an import needs a time.")
            return found

        return moment._replace(read=read)

    def moment(self, spec: str | Time, path: str) -> Expression:
        """A time; no value if the row has none."""
        spec = Time(time=spec) if isinstance(spec, str) else spec
        template = self.template(spec.time, path)
        parse = lru_cache(REMEMBERED)(time_reader(spec, spec.zone or self._zone, path))
        return template._replace(read=lambda texts: None if (text := template.read(texts)) is None else parse(text))


def _filled(literals: Sequence[str], values: Sequence[str | None]) -> str | None:
    filled = [literals[0]]
    for value, literal in zip(values, literals[1:], strict=True):
        if value is None:
            return None
        filled += (value, literal)
    return one_form("".join(filled))


def _same(text: str | None) -> str | None:
    return text


def _flag(text: str | None) -> bool | None:
    if text is None:
        return None
    if text.lower() not in FLAGS:
        raise Unusable("It is not a yes (1, true, yes, y) or a no (0, false, no, n).")
    return FLAGS[text.lower()]


def _looked_up(text: str | None, known: Mapping[str, str], otherwise: str | None) -> str | None:
    if text is None:
        return None
    if text not in known and otherwise is None:
        raise Unusable("Its text is not in the map.")
    return known.get(text, otherwise)


def _unless_null(operation: Callable[[list[Decimal]], Decimal], operands: list[Decimal | None]) -> Decimal | None:
    numbers = [operand for operand in operands if operand is not None]
    if len(numbers) < len(operands):
        return None
    try:
        return operation(numbers).quantize(DECIMALS, ROUND_HALF_UP)
    except ArithmeticError:
        raise Unusable("The calculation has no result.") from None


def _product(numbers: list[Decimal]) -> Decimal:
    product = Decimal(1)
    for number in numbers:
        product *= number
    return product


def _quotient(numbers: list[Decimal]) -> Decimal:
    return numbers[0] / numbers[1]


def _wanted(value: bool | int | str | list[int | str]) -> bool | frozenset[str]:
    if isinstance(value, bool):
        return value
    return frozenset(one_form(str(text)) for text in (value if isinstance(value, list) else [value]))


def _holds(text: str | None, wanted: bool | frozenset[str]) -> bool:
    return (text is not None) == wanted if isinstance(wanted, bool) else text in wanted
