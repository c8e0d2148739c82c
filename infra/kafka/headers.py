"""An event as a Kafka message, and back: CloudEvents 1.0, Kafka protocol binding, binary mode.

The value is the event's JSON as it lies in the log. `position`, `previous` and `version` make the chain and the stream;
`correlation`, `causation` and `traceparent` (W3C Trace Context) are there for whoever follows a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from infra.event_store.mapper import Stored, read_metadata
from infra.routing import Message

Headers = list[tuple[str, bytes]]

SOURCE = b"/recount"
LAST_PLACE = 2**63 - 1
SAME_FOR_ALL: Headers = [
    ("ce_specversion", b"1.0"),
    ("ce_source", SOURCE),
    ("content-type", b"application/json"),
]


class Record(NamedTuple):
    """What a Kafka topic holds, and where."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Unreadable(Exception):
    """This is no event of ours: a header or the value is missing or makes no sense."""


class Told(msgspec.Struct, frozen=True):
    """Metadata as text, just as it stands in the JSON: several times faster than to make text of values."""

    subject: str
    occurred_at: str
    command_id: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None


class Telling(msgspec.Struct, frozen=True):
    metadata: Told


_read_telling = msgspec.json.Decoder(Telling).decode


def encode(messages: Sequence[Message]) -> list[Record]:
    """The records of one event's messages. They differ in partition and previous position."""
    stored = messages[0].stored
    told = _read_telling(stored.state).metadata
    headers = _headers(stored, told)
    key = bytes.fromhex(told.subject.replace("-", ""))
    return [
        Record(message.partition, key, stored.state, [*headers, ("previous", b"%d" % message.previous)]) for message in messages
    ]


def decode(partition: int, offset: int, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> Message:
    """Raises Unreadable. An event of a type not known here is read like any other."""
    named = dict(headers)
    try:
        stream, _, version = named["ce_id"].decode().partition("/")
        position, previous = int(named["position"]), int(named["previous"])
        stored = Stored(position, UUID(stream), int(version), named["ce_type"].decode(), value or b"")
        read_metadata(stored.state)
    except KeyError as error:
        raise Unreadable(f"There is no header {error}.") from None
    except (ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
        raise Unreadable(str(error)) from None
    if not (0 <= previous < position <= LAST_PLACE and 1 <= stored.version <= LAST_PLACE):
        raise Unreadable(f"Position {position} after {previous}, version {version}: there is no such place.")
    return Message(partition, offset, previous, stored)


def with_reason(record: Record, reason: str, origin: Mapping[str, object]) -> Record:
    """What could not be read as it came, with the reason and where it lay. Nulls become empty, or Kafka would refuse it."""
    told = [("dead_reason", reason.encode()), *((f"dead_{name}", str(value).encode()) for name, value in origin.items())]
    headers = [(name, value or b"") for name, value in record.headers]
    return Record(0, record.key, record.value or b"", [*headers, *told])


def _headers(stored: Stored, told: Told) -> Headers:
    headers = [
        *SAME_FOR_ALL,
        ("ce_id", f"{stored.stream}/{stored.version}".encode()),
        ("ce_type", stored.type.encode()),
        ("ce_subject", told.subject.encode()),
        ("ce_time", told.occurred_at.encode()),
        ("position", b"%d" % stored.position),
        ("version", b"%d" % stored.version),
    ]
    if told.correlation_id:
        headers.append(("correlation", told.correlation_id.encode()))
    if told.causation_id:
        headers.append(("causation", told.causation_id.encode()))
    if told.correlation_id and told.command_id:
        headers.append(("traceparent", _trace_parent(told.correlation_id, told.command_id)))
    return headers


def _trace_parent(correlation: str, command: str) -> bytes:
    """The correlation is the trace, the last half of the command's id its span."""
    return f"00-{correlation.replace('-', '')}-{command[19:].replace('-', '')}-01".encode()
