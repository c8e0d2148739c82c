"""Which subjects an event concerns. To find out, a sample event with a different id in each field is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec

from domain.shared.events import Event

STREAM = uuid4()
SIMPLE: dict[type[Any], Any] = {
    msgspec.inspect.BoolType: True,
    msgspec.inspect.IntType: 1,
    msgspec.inspect.FloatType: 1.0,
    msgspec.inspect.StrType: "text",
    msgspec.inspect.DecimalType: "1",
    msgspec.inspect.DateType: "2026-01-01",
    msgspec.inspect.DateTimeType: "2026-01-01T00:00:00Z",
    msgspec.inspect.TimeType: "10:00:00",
    msgspec.inspect.AnyType: None,
    msgspec.inspect.DictType: {},
    msgspec.inspect.VarTupleType: [],
}


def concerned(event: type[Event]) -> str:
    """Sentences about the subjects of an event; empty if its own stream is the only one."""
    by_ids = [
        ("Its subject is {}.", _subject(event)),
        ("It concerns {} too.", _asked(event, _others)),
        ("Its stream is erased with {}.", _asked(event, lambda one: one.erased_with())),
        ("Its stream is no longer erased with {}.", _asked(event, lambda one: one.parted_from())),
    ]
    plain = [
        ("It concerns everyone.", event.everyone is not Event.everyone),
        ("It destroys the keys of its subject and of everything that is erased with it.", event.erases is not Event.erases),
    ]
    return " ".join([*(text.format(ids) for text, ids in by_ids if ids), *(text for text, applies in plain if applies)])


def _subject(event: type[Event]) -> str:
    """The field that names the subject, followed by the fields that name it if that one is absent."""
    ids, names = _ids(event), list[str]()
    required = {field.encode_name for field in _struct(event).fields if field.required}
    while (found := _sample(event, ids).subject(STREAM)) != STREAM:
        name = next((name for name, id in ids.items() if id == found), None)
        if name is None:
            return "an id made of its other fields"
        names.append(f"`{name}`")
        if name in required:
            return ", or else ".join(names)
        del ids[name]
    return ", or else ".join([*names, "the stream"]) if names else ""


def _others(event: Event) -> tuple[UUID, ...]:
    """The subjects that the event concerns in addition to its own."""
    return tuple(id for id in event.concerns() if id != event.subject(STREAM))


def _asked(event: type[Event], question: Callable[[Event], tuple[UUID, ...]]) -> str:
    fields = _ids(event)
    answer = question(_sample(event, fields))
    return " and ".join(f"`{name}`" for name, id in fields.items() if id in answer)


def _ids(event: type[Event]) -> dict[str, UUID]:
    return {field.encode_name: uuid4() for field in _struct(event).fields if _is_id(field.type)}


def _sample(event: type[Event], ids: dict[str, UUID]) -> Event:
    """An event with these ids and the required fields only."""
    required = {field.encode_name: _any(field.type) for field in _struct(event).fields if field.required}
    return msgspec.convert(required | ids, event)


def _struct(event: type[Any]) -> msgspec.inspect.StructType:
    struct = msgspec.inspect.type_info(event)
    assert isinstance(struct, msgspec.inspect.StructType)
    return struct


def _is_id(node: Any) -> bool:
    members = node.types if isinstance(node, msgspec.inspect.UnionType) else (node,)
    return any(isinstance(member, msgspec.inspect.UUIDType) for member in members)


def _any(node: Any) -> Any:
    match node:
        case msgspec.inspect.Metadata(type=inner):
            return _any(inner)
        case msgspec.inspect.UnionType(types=types):
            return _any(types[0])
        case msgspec.inspect.LiteralType(values=values):
            return values[0]
        case msgspec.inspect.UUIDType():
            return uuid4()
        case msgspec.inspect.TupleType(item_types=items):
            return [_any(item) for item in items]
        case msgspec.inspect.StructType(fields=fields):
            tag = {node.tag_field: node.tag} if node.tag_field else {}
            return tag | {field.encode_name: _any(field.type) for field in fields if field.required}
    return SIMPLE.get(type(node))
