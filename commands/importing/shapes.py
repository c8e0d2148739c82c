"""Expressions for a whole table of facts, checked key by key against the type of the command's facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from commands.importing.expressions import Compiler, Computed, Expression, Texts, Unusable
from commands.importing.mapping import MappingError, Part, Time
from domain.shared.occurrence import Occurrence
from domain.shared.text import one_form

P = TypeVar("P", bound=Part)


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
        found = {key: value for key, part in parts.items() if (value := _read(key, part, texts)) is not None}
        return found if not varying or any(key in found for key in varying) else None

    return Expression(read, bool(varying))


def _list(tree: Any, item: inspect.Type, compiler: Compiler, path: str) -> Expression:
    if not isinstance(tree, list):
        raise MappingError(f"{path}: it must be a list.")
    parts = {f"[{place}]": compiled(value, item, compiler, f"{path}[{place}]") for place, value in enumerate(tree)}

    def read(texts: Texts) -> list[Any] | None:
        found = [value for key, part in parts.items() if (value := _read(key, part, texts)) is not None]
        return found or None

    return Expression(read, any(part.varies for part in parts.values()))


def _read(key: str, part: Expression, texts: Texts) -> Any:
    try:
        return part.read(texts)
    except Unusable as unusable:
        raise unusable.within(key) from None


def _leaf(tree: Any, shape: inspect.Type | None, compiler: Compiler, path: str) -> Expression:
    """A single value. Without a shape it is a text, a number or a flag, depending on how the mapping writes it."""
    if isinstance(shape, inspect.DateTimeType | inspect.DateType) and (isinstance(tree, str) or _is_time(tree)):
        return _moment(tree, compiler, path, day=isinstance(shape, inspect.DateType))
    exact = isinstance(shape, inspect.DecimalType)
    if isinstance(tree, dict):
        return _plain(compiler.computed(_part(tree, Computed, path), path), exact=exact)
    number = isinstance(shape, inspect.DecimalType | inspect.IntType | inspect.FloatType)
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
    return Expression(lambda texts: value, varies=False)


def _plain(expression: Expression, *, exact: bool) -> Expression:
    """Keeps decimals if the shape is a decimal (`exact`); otherwise turns each number into an int or a float."""
    return expression if exact else expression._replace(read=lambda texts: _simplest(expression.read(texts)))


def _simplest(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


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
