"""docs/events.md is generated from the event classes. `python -m tests.docs.event_catalogue` writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from domain.shared.aggregate import Aggregate
from domain.shared.annotations import Annotated, AnnotationEvents
from domain.shared.events import Event, Metadata, type_name
from domain.shared.personal import PERSONAL
from projections.shared.readable import THINGS
from tests.docs.whom_events_concern import concerned
from tests.domain.pin_event_types import aggregates

CATALOGUE = Path(__file__).parents[2] / "docs" / "events.md"
HEAD = """\
# Event catalogue

All types of events in the log, as `GET /v1/events` shows them. `python -m tests.docs.event_catalogue` generates this page from
the event classes. A type and its fields never change once an event of the type was recorded.

A field with `?` may be absent. **Personal** fields are sealed with the key of the event's subject, and are absent after the
subject was erased; reading them needs `personal:read`. Decimals are strings, instants are RFC 3339 in UTC. The subject of an
event is the id of its stream, if its description names no other subject.
"""
WORDS: dict[str, str] = {
    "AnyType": "any value",
    "BoolType": "true or false",
    "DateTimeType": "instant",
    "DateType": "date",
    "DecimalType": "decimal",
    "FloatType": "number",
    "IntType": "integer",
    "NoneType": "null",
    "StrType": "text",
    "TimeType": "time of day",
    "UUIDType": "id",
}
Struct = msgspec.inspect.StructType


def write() -> None:
    CATALOGUE.write_text(catalogue())


def catalogue() -> str:
    return "\n".join([HEAD, *_metadata(), *_annotations(), *(line for kind in aggregates() for line in _aggregate(kind))])


def _metadata() -> Iterator[str]:
    yield from ("## Metadata of every event\n", f"{_docstring(Metadata)}\n")
    yield from _fields(_struct(Metadata))
    yield from _parts([Metadata])


def _annotations() -> Iterator[str]:
    """The events that several aggregates have in common, described once."""
    owners = [kind for kind in aggregates() if issubclass(kind, Annotated)]
    yield "## Common events\n"
    yield f"`<aggregate>` is one of {', '.join(f'`{_name(owner)}`' for owner in owners)}.\n"
    events = [getattr(owners[0].annotation_events, fact) for fact in AnnotationEvents._fields]
    for event in events:
        yield from _event(event, f"crm.<aggregate>.{type_name(event).split('.', 2)[2]}")
    yield from _parts(events)


def _aggregate(kind: type[Aggregate]) -> Iterator[str]:
    events = [event for event in kind.events if not _is_common(event)]
    title = kind.name.capitalize().replace("_", " ")
    yield f"## {title}{_in_chinese(kind)}\n"
    if len(events) < len(kind.events):
        yield "In addition to the [common events](#common-events):\n"
    for event in events:
        yield from _event(event, type_name(event))
    yield from _parts(events)


def _event(event: type[Event], name: str) -> Iterator[str]:
    yield f"### `{name}`\n"
    if text := " ".join(part for part in (_docstring(event), concerned(event)) if part):
        yield f"{text}\n"
    yield from _fields(_struct(event))


def _fields(struct: Struct) -> Iterator[str]:
    """A table of the fields, or one line if there are none."""
    if not struct.fields:
        yield "No fields of its own.\n"
        return
    yield "| field | value |\n|---|---|"
    for field in struct.fields:
        yield f"| `{field.encode_name}`{'' if field.required else '?'} | {_value(field.type)} |"
    yield ""


def _parts(kinds: Iterable[type[Any]]) -> Iterator[str]:
    """A list of the structs within these classes, each once."""
    parts = {inner.cls: inner for kind in kinds for field in _struct(kind).fields for inner in _within(field.type)}
    for part in sorted(parts.values(), key=lambda part: part.cls.__name__):
        fields = "; ".join(
            f"`{field.encode_name}`{'' if field.required else '?'} {_value(field.type)}" for field in part.fields
        )
        text = _docstring(part.cls)
        yield f"- *{part.cls.__name__}*: {fields}.{' ' + text if text else ''}"
    if parts:
        yield ""


def _within(node: Any) -> Iterator[Struct]:
    match node:
        case Struct(fields=fields):
            yield node
            for field in fields:
                yield from _within(field.type)
        case msgspec.inspect.Metadata(type=inner):
            yield from _within(inner)
        case msgspec.inspect.UnionType(types=types):
            for member in types:
                yield from _within(member)
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            yield from _within(item)
        case msgspec.inspect.DictType(value_type=value):
            yield from _within(value)


def _value(node: Any) -> str:
    """The type of a field, in words."""
    match node:
        case msgspec.inspect.Metadata(type=inner, extra=extra):
            return f"{_value(inner)}{', **personal**' if extra == PERSONAL.extra else ''}"
        case Struct(cls=kind):
            return f"*{kind.__name__}*"
        case msgspec.inspect.LiteralType(values=values):
            return ", ".join(f"`{value}`" for value in values)
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(_value(member) for member in types if not isinstance(member, msgspec.inspect.NoneType))
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return f"list of {_value(item)}"
        case msgspec.inspect.TupleType(item_types=items):
            return f"[{', '.join(map(_value, items))}]"
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return f"{_value(value)} by {_value(key)}"
    return WORDS[type(node).__name__]


def _struct(kind: type[Any]) -> Struct:
    struct = msgspec.inspect.type_info(kind)
    assert isinstance(struct, Struct)
    return struct


def _docstring(kind: type[Any]) -> str:
    """The docstring on one line: of the class, or else of the common event it is derived from."""
    own = (kind, *(base for base in kind.__mro__ if base.__module__ == Annotated.__module__))
    return " ".join(next((text for one in own if (text := one.__dict__.get("__doc__"))), "").split())


def _is_common(event: type[Event]) -> bool:
    return any(base.__module__ == Annotated.__module__ for base in event.__mro__)


def _name(kind: type[Aggregate]) -> str:
    return kind.name.replace(" ", "_")


def _in_chinese(kind: type[Aggregate]) -> str:
    return f" ({THINGS[_name(kind)][0]})" if _name(kind) in THINGS else ""


if __name__ == "__main__":
    write()
