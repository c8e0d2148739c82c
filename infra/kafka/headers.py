"""An event as a Kafka message, and back: CloudEvents 1.0, Kafka protocol binding, binary mode.

The value is the event's JSON as it lies in the log. `position`, `previous` and `version` make the chain and the stream;
`correlation`, `causation` and `traceparent` (W3C Trace Context) are there for whoever follows a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.events import Metadata
from infra.event_store import Stored
from infra.event_store.mapper import read_metadata
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


def encode(messages: Sequence[Message], metadata: Metadata) -> list[Record]:
    """The records of one event's messages. They differ in partition and previous position."""
    stored = messages[0].stored
    headers = _headers(stored, metadata)
    key = metadata.subject.bytes
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


def _headers(stored: Stored, metadata: Metadata) -> Headers:
    headers = [
        *SAME_FOR_ALL,
        ("ce_id", f"{stored.stream}/{stored.version}".encode()),
        ("ce_type", _encoded(stored.type)),
        ("ce_subject", str(metadata.subject).encode()),
        ("ce_time", metadata.occurred_at.isoformat().encode()),
        ("position", b"%d" % stored.position),
        ("version", b"%d" % stored.version),
    ]
    if metadata.correlation_id:
        headers.append(("correlation", str(metadata.correlation_id).encode()))
    if metadata.causation_id:
        headers.append(("causation", str(metadata.causation_id).encode()))
    if metadata.correlation_id and metadata.command_id:
        headers.append(("traceparent", _trace_parent(metadata.correlation_id, metadata.command_id)))
    return headers


def _trace_parent(correlation: UUID, command: UUID) -> bytes:
    """The correlation is the trace, the command its span."""
    return f"00-{correlation.hex}-{command.hex[16:]}-01".encode()


@lru_cache(maxsize=1024)
def _encoded(type_name: str) -> bytes:
    return type_name.encode()
