"""Random events of any aggregate, made from its types, with personal values that can be recognised."""

from __future__ import annotations

import string
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Event, Metadata
from domain.shared.ids import new_id

MARK = "Jane-Roe"

_leaves: dict[type, st.SearchStrategy[Any]] = {
    inspect.BoolType: st.booleans(),
    inspect.IntType: st.integers(-(2**53), 2**53),
    inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    inspect.DecimalType: st.decimals("-1000000", "1000000", places=4).map(Decimal),
    inspect.UUIDType: st.uuids(),
    inspect.DateTimeType: st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)),  # noqa: DTZ001
    inspect.DateType: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    inspect.NoneType: st.none(),
    # Any JSON value.
    inspect.AnyType: st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.just("sealed"), lambda some: st.lists(some, max_size=3)
    ),
}
_words = st.one_of(st.just("sealed"), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


def events_of(kind: type[Event]) -> st.SearchStrategy[Any]:
    return values(inspect.type_info(kind), personal=False)


def values(node: Any, personal: bool) -> st.SearchStrategy[Any]:
    """Values of a type; texts inside a personal field contain MARK."""
    match node:
        case inspect.Metadata(type=inner, extra=extra):
            return values(inner, personal or bool(extra and extra.get("personal")))
        case inspect.StrType():
            return st.text(string.printable, max_size=20).map(lambda text: MARK + text) if personal else _words
        case inspect.LiteralType(values=choices):
            return st.sampled_from(choices)
        case inspect.UnionType(types=types):
            return st.one_of([values(member, personal) for member in types])
        case inspect.VarTupleType(item_type=item):
            return st.lists(values(item, personal), max_size=3).map(tuple)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(values(key, personal), values(value, personal), max_size=3)
        case inspect.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{field.name: values(field.type, personal) for field in fields})
    return _leaves[type(node)]


def events_listed(*kinds: type[Aggregate]) -> Sequence[type[Event]]:
    return [event for kind in kinds for event in kind.events]


def metadata(**more: Any) -> Metadata:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    facts = {"subject": new_id(), "recorded_at": now, "occurred_at": now, "actor": Actor(type="user", id="u-1")}
    return Metadata(**{**facts, **more})


def plain(event: Event) -> Any:
    return msgspec.to_builtins(event)
