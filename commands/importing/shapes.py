"""Expressions for a whole table of facts, checked key by key against the type of the command's facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from commands.importing.expressions import Compiler, Computed, Expression, Texts
from commands.importing.mapping import MappingError, Part, Time
from commands.importing.unusable import Unusable
from domain.shared.occurrence import Occurrence
from domain.shared.text import one_form

P = TypeVar("P", bound=Part)

STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
MISSING = re.compile(r"missing required field `(\w+)`")
EXACT = 2**53
"""A double keeps all whole numbers up to this one, and so does every reader of JSON."""


def compiled(tree: Any, shape: inspect.Type, compiler: Compiler, path: str) -> Expression:
    """Compiles `tree`, a part of the mapping, to an expression that gives plain values. Raises MappingError with its path."""
    shape, choice = _without_none(shape)
    if choice:
        return _leaf(tree, None, compiler, path)
    if isinstance(shape, inspect.StructType):
        return _struct(_table(tree, path), shape, compiler, path)
    if isinstance(shape, inspect.VarTupleType | inspect.ListType):
        return _list(tree, shape.item_type, compiler, path)
    if isinstance(shape, inspect.DictType):
        table = _table(tree, path)
        names = {one_form(key): value for key, value in table.items()}
        if len(names) < len(table):
            raise MappingError(f"{path}: two of its keys are the same without the blanks around them.")
        return _together({key: compiled(value, shape.value_type, compiler, f"{path}.{key}") for key, value in names.items()})
    return _leaf(tree, shape, compiler, path)


def _struct(table: Mapping[str, Any], shape: inspect.StructType, compiler: Compiler, path: str) -> Expression:
    fields = {field.encode_name: field for field in shape.fields}
    for key in table:
        if key not in fields:
            raise MappingError(f"{path}.{key}: there is no such key. The keys are {', '.join(fields)}.")
    for name, field in fields.items():
        if field.required and name not in table:
            raise MappingError(f"{path}.{name}: it is missing.")
    return _together({key: compiled(value, fields[key].type, compiler, f"{path}.{key}") for key, value in table.items()})


def _together(parts: dict[str, Expression]) -> Expression:
    """Reads a table, without the keys that have no value in a row. No table if all keys that use columns are empty."""
    varying = [key for key, part in parts.items() if part.varies]

    def read(texts: Texts) -> dict[str, Any] | None:
        found = {key: value for key, part in parts.items() if (value := part.read_at(key, texts)) is not None}
        return found if not varying or any(key in found for key in varying) else None

    return Expression(read, _columns(parts), parts)


def _list(tree: Any, item: inspect.Type, compiler: Compiler, path: str) -> Expression:
    if not isinstance(tree, list):
        raise MappingError(f"{path}: it must be a list.")
    parts = {f"[{place}]": compiled(value, item, compiler, f"{path}[{place}]") for place, value in enumerate(tree)}

    def read(texts: Texts) -> list[Any] | None:
        found = [value for key, part in parts.items() if (value := part.read_at(key, texts)) is not None]
        return found or None

    return Expression(read, _columns(parts), parts)


def _columns(parts: Mapping[str, Expression]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for part in parts.values() for column in part.columns))


def _leaf(tree: Any, shape: inspect.Type | None, compiler: Compiler, path: str) -> Expression:
    """A single value. Without a shape it is a text, a number or a flag, depending on how the mapping writes it."""
    if isinstance(shape, inspect.DateTimeType | inspect.DateType) and (isinstance(tree, str) or _is_time(tree)):
        return _moment(tree, compiler, path, day=isinstance(shape, inspect.DateType))
    exact = isinstance(shape, inspect.DecimalType)
    number = isinstance(shape, inspect.DecimalType | inspect.IntType | inspect.FloatType)
    if isinstance(tree, dict):
        if isinstance(shape, inspect.DateTimeType | inspect.DateType):
            raise MappingError(f"{path}: it is a time: give a text in quotes, or a table with time and format.")
        spec = _part(tree, Computed, path)
        if spec.text is not None and (number or isinstance(shape, inspect.BoolType)):
            raise MappingError(f"{path}.text: it is not a text: give {'number' if number else 'flag'} instead.")
        return _plain(compiler.computed(spec, path), exact=exact, calculated=bool(spec.multiply or spec.divide))
    if isinstance(tree, str):
        if isinstance(shape, inspect.BoolType):
            return compiler.computed(Computed(flag=tree or "{}"), path)
        return _plain(compiler.number(tree, path), exact=exact) if number else compiler.template(tree, path)
    if isinstance(tree, bool) and (shape is None or isinstance(shape, inspect.BoolType)):
        return _constant(tree)
    if isinstance(tree, int | Decimal) and not isinstance(tree, bool) and (shape is None or number):
        return _plain(_constant(Decimal(tree)), exact=exact)
    raise MappingError(f"{path}: it must be a text in quotes, or a table with one of text, number, flag, multiply and divide.")


def _is_time(tree: Any) -> bool:
    return isinstance(tree, dict) and "time" in tree


def _moment(tree: Any, compiler: Compiler, path: str, *, day: bool) -> Expression:
    """A time or a day. A row that gives only a month is Unusable."""
    found = compiler.moment(tree if isinstance(tree, str) else _part(tree, Time, path), path)

    def read(texts: Texts) -> datetime | date | None:
        at: Occurrence | None = found.read(texts)
        if at is None:
            return None
        if at.precision == "month":
            raise Unusable("It gives only a month, not a day.")
        return at.day if day else at.at

    return found._replace(read=read)


def _constant(value: Any) -> Expression:
    return Expression(lambda texts: value)


def _plain(expression: Expression, *, exact: bool, calculated: bool = False) -> Expression:
    """Keeps decimals if the shape is a decimal (`exact`); otherwise turns each number into an int or a float.

    A number that a float cannot keep is Unusable, except if it was `calculated`, because then it is rounded anyway.
    """
    return expression if exact else expression._replace(read=lambda texts: _simplest(expression.read(texts), calculated))


def _simplest(value: Any, calculated: bool) -> Any:
    if not isinstance(value, Decimal):
        return value
    if value == value.to_integral_value() and abs(value) <= EXACT:
        return int(value)
    nearest = float(value)
    if not calculated and Decimal(repr(nearest)) != value:
        raise Unusable("It has more digits than are kept (15), or is a whole number above 2^53.")
    return nearest


def place_of(error: msgspec.ValidationError, expression: Expression, texts: Texts) -> tuple[str, tuple[str, ...]]:
    """The mapping's key of the value that `error` is about, below that of `expression`, and the columns that it reads."""
    message, _, path = str(error).partition(" - at `$")
    steps = STEP.findall(path)
    if missing := MISSING.search(message):
        steps.append((missing[1], ""))
    key = ""
    for name, index in steps:
        present = list(expression.parts)
        if index:
            # A list leaves out the elements that have no value.
            present = [key for key, part in expression.parts.items() if part.read(texts) is not None]
        step = present[int(index)] if index and int(index) < len(present) else name
        key += step if step.startswith("[") or not step else f".{step}"
        if step not in expression.parts:
            # A table whose keys are the mapping's own, such as attributes.
            break
        expression = expression.parts[step]
    return key, expression.columns


def _table(tree: Any, path: str) -> dict[str, Any]:
    if not isinstance(tree, dict):
        raise MappingError(f"{path}: it must be a table.")
    return tree


def _part(tree: dict[str, Any], kind: type[P], path: str) -> P:
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        raise MappingError(f"{path}: {error}") from None


def _without_none(shape: inspect.Type) -> tuple[inspect.Type, bool]:
    """The first type that is not None, and whether there are several."""
    if not isinstance(shape, inspect.UnionType):
        return shape, False
    types = [one for one in shape.types if not isinstance(one, inspect.NoneType)]
    return types[0], len(types) > 1
