"""Converts events to neutral JSON and back.

A stored event is `{"metadata": {...}, "data": {"type": "crm.order.placed.v1", ...}}`, which any language can read. A personal
value is stored as `{"sealed": "<base64>"}`, encrypted with its subject's key. Without the key, the value is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.shared.events import Event, Metadata, Recorded, type_name
from infra.event_store.vault import SubjectKey

Path = tuple[str, ...]
Place = tuple[Any, Any, str]
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

EACH = "*"
SEALED = b'"sealed"'


class UnknownEventType(Exception):
    """The log holds an event that this version of the code has no class for."""


class Stored(NamedTuple):
    """An event as the log stores it. `state` is its JSON."""

    position: int
    stream: UUID
    version: int
    type: str
    state: bytes


class Envelope(msgspec.Struct, frozen=True):
    metadata: Metadata
    data: msgspec.Raw


class Written(msgspec.Struct, frozen=True):
    metadata: Metadata
    data: Any


_encode = msgspec.json.Encoder().encode
_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_any = msgspec.json.Decoder().decode


def read_metadata(state: bytes) -> Metadata:
    """Only the metadata, which routing needs. It can be read for every type of event, even an unknown type."""
    return _decode_envelope(state).metadata


class Mapper:
    """Maps the given event classes. `upcasters`, by type name, convert the data of an old type to the next version."""

    def __init__(self, events: Iterable[type[Event]], upcasters: Mapping[str, Upcaster] | None = None) -> None:
        self._classes = {type_name(event): event for event in events}
        # By type name, at the first use of a type: at its start, a process needs few.
        self._decoder = cache(lambda name: msgspec.json.Decoder(self._classes[name]))
        self._personal = cache(lambda name: tuple(personal_paths(self._classes[name])))
        self._upcasters = dict(upcasters or {})
        self.types_for_everyone = frozenset(
            name for name, event in self._classes.items() if event.everyone is not Event.everyone
        )

    def encode(self, stream: UUID, version: int, event: Event, metadata: Metadata, key: SubjectKey | None) -> bytes:
        """The event's JSON. Personal values are sealed with `key`, or left out if the subject has no key any more."""
        paths = self._personal(type_name(type(event)))
        if not paths:
            return _encode(Written(metadata, event))
        data = msgspec.to_builtins(event)
        place = f"{stream.hex}/{version}/"
        for path in paths:
            for holder, name, where in _places(data, path, place):
                if holder[name] is not None and key is not None:
                    holder[name] = {"sealed": key.seal(_encode(holder[name]), where)}
                else:
                    del holder[name]
        return _encode(Written(metadata, data))

    def decode(self, stored: Stored, keys: Mapping[UUID, SubjectKey]) -> Recorded:
        """Raises UnknownEventType, and cryptography's InvalidTag if the key does not open a sealed value."""
        envelope = _decode_envelope(stored.state)
        metadata = envelope.metadata
        if SEALED not in stored.state and stored.type in self._classes:
            event = self._decoder(stored.type).decode(envelope.data)
        else:
            event = self._decode_slowly(stored, envelope, keys)
        return Recorded(stored.position, stored.stream, stored.version, event, metadata)

    def opened(self, stored: Stored, keys: Mapping[UUID, SubjectKey]) -> dict[str, Any]:
        """The data as plain JSON values in the version it was written in. Personal values without a key are absent."""
        envelope = _decode_envelope(stored.state)
        return self._opened(stored, envelope, keys)

    def _decode_slowly(self, stored: Stored, envelope: Envelope, keys: Mapping[UUID, SubjectKey]) -> Event:
        data = self._opened(stored, envelope, keys)
        while data["type"] not in self._classes:
            upcaster = self._upcasters.get(data["type"])
            if upcaster is None:
                raise UnknownEventType(data["type"])
            data = upcaster(data)
        return msgspec.convert(data, self._classes[data["type"]])

    def _opened(self, stored: Stored, envelope: Envelope, keys: Mapping[UUID, SubjectKey]) -> dict[str, Any]:
        """The data with every sealed value opened, or removed if there is no key."""
        data: dict[str, Any] = _decode_any(envelope.data)
        key = keys.get(envelope.metadata.subject)
        for holder, name, where in self._sealed(data, f"{stored.stream.hex}/{stored.version}/"):
            if key is None:
                del holder[name]
            else:
                holder[name] = _decode_any(key.open(holder[name]["sealed"], where))
        return data

    def _sealed(self, data: dict[str, Any], place: str) -> list[Place]:
        """The sealed values: in the type's personal fields, or anywhere if the type is old and has no class now."""
        if data["type"] not in self._classes:
            places = _everywhere(data, place)
        else:
            places = (found for path in self._personal(data["type"]) for found in _places(data, path, place))
        return [(holder, name, where) for holder, name, where in places if _is_sealed(holder[name])]


def subjects_with_secrets(stored: Sequence[Stored]) -> set[UUID]:
    """The subjects whose keys are needed to decode these events."""
    return {read_metadata(one.state).subject for one in stored if SEALED in one.state}


def personal_paths(event: type[Event]) -> Iterator[Path]:
    """Paths of the personal fields of an event class; EACH stands for every item of a sequence or mapping."""
    yield from _walk(msgspec.inspect.type_info(event), ())


def _walk(node: Any, path: Path) -> Iterator[Path]:
    match node:
        case msgspec.inspect.Metadata(type=inner, extra=extra):
            if extra and extra.get("personal"):
                yield path
            else:
                yield from _walk(inner, path)
        case msgspec.inspect.StructType(fields=fields):
            for field in fields:
                yield from _walk(field.type, (*path, field.encode_name))
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            yield from _walk(item, (*path, EACH))
        case msgspec.inspect.DictType(value_type=value):
            yield from _walk(value, (*path, EACH))
        case msgspec.inspect.UnionType(types=types):
            for member in types:
                yield from _walk(member, path)


def _places(node: Any, path: Path, place: str) -> Iterator[Place]:
    """(holder, key, place) of each value at `path`; absent values are skipped."""
    step, rest = path[0], path[1:]
    if node is None:
        return
    if step == EACH:
        keys: Iterable[Any] = list(node) if isinstance(node, dict) else range(len(node))
    else:
        keys = (step,) if step in node else ()
    for key in keys:
        if rest:
            yield from _places(node[key], rest, f"{place}{key}/")
        else:
            yield node, key, f"{place}{key}"


def _everywhere(node: Any, place: str) -> Iterator[Place]:
    for name, value in node.items() if isinstance(node, dict) else enumerate(node):
        if _is_sealed(value):
            yield node, name, f"{place}{name}"
        elif isinstance(value, dict | list):
            yield from _everywhere(value, f"{place}{name}/")


def _is_sealed(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"sealed"} and isinstance(value["sealed"], str)
