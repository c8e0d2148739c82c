"""The facts of a row bind to the signature of its command, for any choice of optional facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from commands.importing.called import DERIVED, Called, keys
from commands.importing.importable import IMPORTABLE
from commands.importing.statements import Importable
from tests.commands.binding import check_binds


@pytest.mark.parametrize("name", IMPORTABLE)
def test_the_facts_of_a_row_bind_to_the_command(name: str) -> None:
    importable = IMPORTABLE[name]
    for called in callings(importable.kind.name):
        for row in rows(importable):
            facts = msgspec.convert(row, importable.facts, strict=False)
            check_binds(importable.function, facts.command_facts(called))


def callings(kind: str) -> Iterator[Called]:
    """A thing of this kind, identified by each set of keys that it may have."""
    instead = DERIVED[kind].instead.values() if kind in DERIVED else ()
    for given in ((), *((other,) for other in instead)):
        yield Called(kind, "shop", dict.fromkeys(keys(kind, given), "7"), date(2024, 5, 1), b"secret")


def rows(importable: Importable) -> Iterator[dict[str, Any]]:
    """Rows with the required facts: once alone, and once with each other fact."""
    shape = inspect.type_info(importable.facts)
    assert isinstance(shape, inspect.StructType)
    required = {field.encode_name: sample(field.type) for field in shape.fields if field.required}
    yield required
    for field in shape.fields:
        yield required | {field.encode_name: sample(field.type)}


SAMPLES: dict[type[inspect.Type], Any] = {
    inspect.StrType: "x",
    inspect.BoolType: True,
    inspect.IntType: "1",
    inspect.DecimalType: "1",
    inspect.DateTimeType: "2024-05-01T12:00:00Z",
    inspect.DateType: "2024-05-01",
}


def sample(shape: inspect.Type) -> Any:
    """A value of this type."""
    match shape:
        case inspect.UnionType(types=types):
            return sample(next(one for one in types if not isinstance(one, inspect.NoneType)))
        case inspect.StructType(fields=fields):
            return {field.encode_name: sample(field.type) for field in fields if field.required}
        case inspect.VarTupleType(item_type=item):
            return [sample(item)]
        case inspect.DictType(value_type=value):
            return {"a": sample(value)}
        case inspect.LiteralType(values=values):
            return values[-1]
    return SAMPLES[type(shape)]
