"""Converts events to neutral JSON and back.

A stored event is `{"metadata": {...}, "data": {"type": "crm.order.placed.v1", ...}}`, which any language can read. A personal
value is stored as `{"sealed": "<base64>"}`, encrypted with its subject's key. Without the key, the value is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from commands.shared.commit import Unreadable
from domain.shared.events import Event, Metadata, Recorded, type_name
from infra.event_store.places import Place, has_seal, personal_paths, places, sealed_everywhere
from infra.event_store.terms import type_term
from infra.event_store.vault import SubjectKey

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

Reason = Literal["broken-seal", "broken-json", "broken-metadata", "unknown-type", "other-type"]
SEALED = b'"sealed"'
UNREADABLE = "unreadable"


DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What reading damaged JSON raises: it is not JSON or has another form, a text in it is not UTF-8, or it nests too deep."""
BROKEN = (InvalidTag, TypeError, *DAMAGE)
"""What opening a seal raises: another key or place, text that is not base64 or too short, or a value that is not JSON."""


class UnknownEventType(Unreadable):
    """The log holds an event that this version of the code has no class for."""


class MisnamedEvent(Unreadable):
    """The row of an event names another type than its JSON. That is damage: nobody knows which of them is true."""


class BrokenSeal(Unreadable):
    """A sealed value does not open with its subject's key. That is damage: an erased subject has no key."""


class BrokenEvent(Unreadable):
    """An event is not JSON, or not an event of its type."""


class Stored(NamedTuple):
    """An event as the log stores it. `state` is its JSON."""

    position: int
    stream: UUID
    version: int
    type: str
    state: bytes


class Fault(msgspec.Struct, frozen=True):
    """A part of an event that cannot be read. `field` is its path in the event as it is shown."""

    field: str
    reason: Reason


class Envelope(msgspec.Struct, frozen=True):
    metadata: Metadata
    data: msgspec.Raw


class Tag(msgspec.Struct, frozen=True):
    type: str


class Tagged(msgspec.Struct, frozen=True):
    """An event of which only the type is read."""

    data: Tag


class Written(msgspec.Struct, frozen=True):
    metadata: Metadata
    data: Any


_encode = msgspec.json.Encoder().encode
_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_any = msgspec.json.Decoder().decode
_decode_tagged = msgspec.json.Decoder(Tagged).decode


class Seen(NamedTuple):
    """An event for people. `metadata` and `data` are None if they cannot be read at all."""

    metadata: Metadata | Any
    data: dict[str, Any] | None
    faults: Sequence[Fault] = ()


def metadata_of(stored: Stored) -> Metadata | None:
    """The event's metadata; None if it cannot be read."""
    try:
        return read_metadata(stored.state)
    except DAMAGE:
        return None


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
        self.types = frozenset(self._classes.keys() | self._upcasters.keys())
        """The event types that can be read, in all their versions."""
        # As `encode` writes it. A quotation mark inside a text is escaped, so no text can look like it.
        self._tags = {name: f'"data":{{"type":"{name}"'.encode() for name in self.types}
        self.types_for_everyone = frozenset(
            name for name, event in self._classes.items() if event.everyone is not Event.everyone
        )
        self.erasing_types = frozenset(name for name, event in self._classes.items() if event.erases is not Event.erases)
        self.types_of_contacts = self._all_versions(
            name
            for name, event in self._classes.items()
            if (event.contacts_added, event.contacts_removed) != (Event.contacts_added, Event.contacts_removed)
        )
        """The event types, in all their versions, that change the contact methods of a customer."""

    def _all_versions(self, names: Iterable[str]) -> frozenset[str]:
        wanted = {type_term(name) for name in names}
        return frozenset(name for name in self.types if type_term(name) in wanted)

    def encode(self, stream: UUID, version: int, event: Event, metadata: Metadata, key: SubjectKey | None) -> bytes:
        """The event's JSON. Personal values are sealed with `key`, or left out if the subject has no key any more."""
        paths = self._personal(type_name(type(event)))
        if not paths:
            return _encode(Written(metadata, event))
        data = msgspec.to_builtins(event)
        place = f"{stream.hex}/{version}/"
        for path in paths:
            for holder, name, where in places(data, path, place):
                if holder[name] is not None and key is not None:
                    holder[name] = {"sealed": key.seal(_encode(holder[name]), where)}
                else:
                    del holder[name]
        return _encode(Written(metadata, data))

    def not_understood(self, stored: Iterable[Stored]) -> list[Stored]:
        """The events whose type is not known, or whose row and JSON do not agree about it. `decode` says so of them too.

        Of JSON that is damaged, only the row's type is known: then that counts. Every event is asked about in every rebuild,
        so this is one loop without calls.
        """
        tags = self._tags
        return [
            one
            for one in stored
            if (tag := tags.get(one.type)) is None or (tag not in one.state and _named(one) not in (None, one.type))
        ]

    def decode(self, stored: Stored, keys: Mapping[UUID, SubjectKey]) -> Recorded:
        """Raises UnknownEventType, MisnamedEvent, BrokenSeal or BrokenEvent."""
        try:
            envelope = _decode_envelope(stored.state)
            if SEALED not in stored.state and stored.type in self._classes:
                event = self._decoder(stored.type).decode(envelope.data)
            else:
                event = self._decode_slowly(stored, envelope, keys)
        except Unreadable:
            raise
        except Exception as error:
            raise self._why(stored) from error
        return Recorded(stored.position, stored.stream, stored.version, event, envelope.metadata)

    def seen(self, stored: Stored, keys: Mapping[UUID, SubjectKey]) -> Seen:
        """The event in the version it was written in, as plain JSON values, without `type`. Never raises.

        Personal values without a key are absent. A value that does not open is `{"unreadable": "broken-seal"}`, so that nobody
        takes it for an erased one.
        """
        try:
            envelope = _decode_envelope(stored.state)
            data: dict[str, Any] = _decode_any(envelope.data)
            faults: list[Fault] = []
            if SEALED in stored.state:
                place = _place(stored)
                for found in self._sealed(data, place):
                    if not _open(*found, keys.get(envelope.metadata.subject)):
                        _mark(*found, "broken-seal", place, faults)
            if (type := data.pop("type")) not in self.types:
                faults.append(Fault("type", "unknown-type"))
            elif type != stored.type:
                faults.append(Fault("type", "other-type"))
        except (*BROKEN, KeyError, AttributeError):
            return _damaged(stored)
        return Seen(envelope.metadata, data, faults)

    def _decode_slowly(self, stored: Stored, envelope: Envelope, keys: Mapping[UUID, SubjectKey]) -> Event:
        data: dict[str, Any] = _decode_any(envelope.data)
        if data["type"] != stored.type or stored.type not in self.types:
            raise self._why(stored)
        key = keys.get(envelope.metadata.subject)
        for found in self._sealed(data, _place(stored)):
            if not _open(*found, key):
                raise BrokenSeal(f"The event at position {stored.position} has a value that does not open.")
        while data["type"] not in self._classes:
            upcaster = self._upcasters.get(data["type"])
            if upcaster is None:
                raise UnknownEventType(data["type"])
            data = upcaster(data)
        return msgspec.convert(data, self._classes[data["type"]])

    def _why(self, stored: Stored) -> Unreadable:
        """The error that says why the event cannot be read. It differs for what is unknown and for what is damaged."""
        named, at = _named(stored), f"The event at position {stored.position}"
        if unknown := [type for type in (named, stored.type) if type and type not in self.types]:
            return UnknownEventType(f"{at} has the type {unknown[0]}, which this version of Recount does not know.")
        if named not in (None, stored.type):
            return MisnamedEvent(f"{at} is of the type {named} in its JSON and {stored.type} in its row.")
        return BrokenEvent(f"{at} cannot be read.")

    def _sealed(self, data: dict[str, Any], place: str) -> list[Place]:
        """The sealed values, damaged ones too: in the type's personal fields, or anywhere if the type has no class now."""
        if data["type"] not in self._classes:
            return list(sealed_everywhere(data, place))
        personal = (found for path in self._personal(data["type"]) for found in places(data, path, place))
        return [(holder, name, where) for holder, name, where in personal if has_seal(holder[name])]


def subjects_with_secrets(stored: Sequence[Stored]) -> set[UUID]:
    """The subjects whose keys are needed to decode these events."""
    sealed = (metadata_of(one) for one in stored if SEALED in one.state)
    return {metadata.subject for metadata in sealed if metadata}


def _named(stored: Stored) -> str | None:
    """The type that the JSON names; None if that cannot be read."""
    try:
        return _decode_tagged(stored.state).data.type
    except DAMAGE:
        return None


def _place(stored: Stored) -> str:
    return f"{stored.stream.hex}/{stored.version}/"


def _open(holder: Any, name: Any, where: str, key: SubjectKey | None) -> bool:
    """Puts the plain value in the place of the sealed one, or removes it if there is no key. False if it does not open."""
    if key is None:
        del holder[name]
        return True
    try:
        holder[name] = _decode_any(key.open(holder[name]["sealed"], where))
    except BROKEN:
        return False
    return True


def _mark(holder: Any, name: Any, where: str, reason: Reason, place: str, faults: list[Fault]) -> None:
    holder[name] = {UNREADABLE: reason}
    faults.append(Fault("data/" + where.removeprefix(place), reason))


def _damaged(stored: Stored) -> Seen:
    """As much of the event as is JSON. Its sealed values stay closed: what seals them is not known."""
    try:
        found = _decode_any(stored.state)
        metadata, data = found["metadata"], found["data"]
        data.pop("type", None)
        faults = [Fault("metadata" if metadata_of(stored) is None else "data", "broken-metadata")]
        for sealed in list(sealed_everywhere(data, "")):
            _mark(*sealed, "broken-metadata", "", faults)
    except (*BROKEN, KeyError, AttributeError):
        return Seen(None, None, [Fault("", "broken-json")])
    return Seen(metadata, data, faults)
