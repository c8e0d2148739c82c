"""An event as a Kafka message, and back: CloudEvents 1.0, Kafka protocol binding, binary mode.

The value is the event's JSON as the log stores it. `position` and `previous` form the chain of a partition, `version` is the
version in the stream. `correlation`, `causation` and `traceparent` (W3C Trace Context) are for tracing a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from infra.event_store.mapper import DAMAGE, Stored, read_metadata
from infra.routing import Message

Headers = list[tuple[str, bytes]]

SOURCE, CONTINUED = b"/recount", b"crm.topic.continued.v1"
# No log comes so far. A repair raises the next position above all in the topic: a forged one must not use all of them up.
LAST_PLACE = 2**52
SAME_FOR_ALL: Headers = [
    ("ce_specversion", b"1.0"),
    ("ce_source", SOURCE),
    ("content-type", b"application/json"),
]


class Record(NamedTuple):
    """A record of a Kafka topic, with its partition."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Unreadable(Exception):
    """The record is not an event of Recount: a header or the value is missing or invalid."""


class MetadataTexts(msgspec.Struct, frozen=True):
    """Metadata as it is in the headers: mostly text, exactly as in the JSON, which is faster than converting values to text."""

    subject: UUID
    occurred_at: str = ""
    command_id: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None


class EventTexts(msgspec.Struct, frozen=True):
    metadata: MetadataTexts


_read_id = msgspec.json.Decoder(UUID).decode
_read_texts = msgspec.json.Decoder(EventTexts).decode
_encode_json = msgspec.json.Encoder().encode


def encode(messages: Sequence[Message]) -> list[Record]:
    """The records of one event's messages. They differ only in partition and previous position.

    An event whose metadata cannot be read is sent as it is. The receiver sets it aside as unreadable.
    """
    stored = messages[0].stored
    try:
        texts = _read_texts(stored.state).metadata
    except DAMAGE:
        texts = MetadataTexts(subject=stored.stream)
    key, headers = texts.subject.bytes, _headers(stored, texts)
    return [
        Record(message.partition, key, stored.state, [*headers, ("previous", b"%d" % message.previous)]) for message in messages
    ]


def decode(partition: int, offset: int, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> Message:
    """Raises Unreadable. An event of an unknown type is read like any other."""
    named: dict[str, Any] = dict(headers)
    try:
        stream, _, version = named["ce_id"].partition(b"/")
        position, previous = int(named["position"]), int(named["previous"])
        stored = Stored(position, _id(stream), int(version), named["ce_type"].decode(), value or b"")
        read_metadata(stored.state)
    except KeyError as error:
        raise Unreadable(f"There is no header {error}.") from None
    except (*DAMAGE, TypeError, AttributeError) as error:
        raise Unreadable(str(error)) from None
    if not (0 <= previous < position <= LAST_PLACE and 1 <= stored.version <= LAST_PLACE):
        raise Unreadable(f"Position {position} after {previous}, version {version}: these numbers are impossible.")
    return Message(partition, offset, previous, stored)


def continued_in(topic: str, partitions: int) -> list[Record]:
    """The last records of a topic, one for each partition: they name the topic that its readers must read from now on.

    They have no position. The new topic starts with the first event of the log.
    """
    headers = [*SAME_FOR_ALL, ("ce_id", topic.encode()), ("ce_type", CONTINUED)]
    value = msgspec.json.encode({"continued_in": topic})
    return [Record(partition, None, value, headers) for partition in range(partitions)]


def with_reason(record: Record, reason: str, origin: Mapping[str, object]) -> Record:
    """An unreadable record with its reason and its origin. Nulls become empty, because Kafka would refuse them."""
    added = [("dead_reason", reason.encode()), *((f"dead_{name}", str(value).encode()) for name, value in origin.items())]
    headers = [(name, value or b"") for name, value in record.headers]
    return Record(0, record.key, record.value or b"", [*headers, *added])


def _headers(stored: Stored, texts: MetadataTexts) -> Headers:
    headers = [
        *SAME_FOR_ALL,
        ("ce_id", b"%b/%d" % (_text(stored.stream), stored.version)),
        ("ce_type", stored.type.encode()),
        ("ce_subject", _text(texts.subject)),
        *([("ce_time", texts.occurred_at.encode())] if texts.occurred_at else ()),
        ("position", b"%d" % stored.position),
        ("version", b"%d" % stored.version),
    ]
    if texts.correlation_id:
        headers.append(("correlation", texts.correlation_id.encode()))
    if texts.causation_id:
        headers.append(("causation", texts.causation_id.encode()))
    if texts.correlation_id and texts.command_id:
        headers.append(("traceparent", _trace_parent(texts.correlation_id, texts.command_id)))
    return headers


def _id(text: bytes) -> UUID:
    return _read_id(b'"%b"' % text)


def _text(id: UUID) -> bytes:
    """The id as text. The JSON encoder is several times faster than `str`."""
    return _encode_json(id)[1:-1]


def _trace_parent(correlation: str, command: str) -> bytes:
    """The correlation id is the trace id; the second half of the command's id is the span id."""
    return f"00-{correlation.replace('-', '')}-{command[19:].replace('-', '')}-01".encode()
