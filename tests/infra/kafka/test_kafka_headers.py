"""An event goes through Kafka as a CloudEvent and is read unchanged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.events import Actor, Metadata
from infra.event_store.mapper import Stored, metadata_of
from infra.kafka.headers import Headers, Record, Unreadable, decode, encode, with_reason
from infra.routing import Message, link

STREAM = UUID("01890000-0000-7000-8000-000000000001")
COMMAND = UUID("01890000-0000-7000-8000-00000000000c")
METADATA = Metadata(
    subject=STREAM,
    recorded_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    occurred_at=datetime(2026, 2, 28, 23, 59, 59, 250_000, tzinfo=UTC),
    actor=Actor(type="system", id="test"),
    command_id=COMMAND,
    correlation_id=COMMAND,
    causation_id=STREAM,
)

places = st.integers(1, 2**52)
metadatas = st.builds(
    Metadata,
    subject=st.uuids(),
    recorded_at=st.datetimes(timezones=st.just(UTC)),
    occurred_at=st.datetimes(timezones=st.just(UTC)),
    actor=st.just(Actor(type="user", id="u")),
    command_id=st.none() | st.uuids(),
    correlation_id=st.none() | st.uuids(),
    causation_id=st.none() | st.uuids(),
    concerns=st.lists(st.uuids(), max_size=3).map(tuple),
    everyone=st.booleans(),
)


def stored_event(metadata: Metadata, position: int = 7, version: int = 3, type: str = "crm.thing.made.v1") -> Stored:
    state = msgspec.json.encode({"metadata": metadata, "data": {"type": type, "words": "größer"}})
    return Stored(position, STREAM, version, type, state)


def valid_record() -> Record:
    [record] = encode([Message(2, 7, 5, stored_event(METADATA))])
    return record


def changed(headers: Headers, name: str, value: bytes | None) -> Headers:
    """The headers with another value of one of them, or without it."""
    others = [header for header in headers if header[0] != name]
    return others if value is None else [*others, (name, value)]


@given(metadata=metadatas, position=places, version=places, type=st.text(min_size=1, max_size=20))
def test_every_event_is_read_unchanged(metadata: Metadata, position: int, version: int, type: str) -> None:
    stored = stored_event(metadata, position, version, type)
    messages = link(stored, metadata, {0: position - 1, 5: position - 1}, 12)
    read = [decode(record.partition, position, record.value, record.headers) for record in encode(messages)]
    assert read == messages


def test_a_message_is_a_cloud_event_in_binary_mode() -> None:
    record = valid_record()
    assert record.partition == 2
    assert record.key == STREAM.bytes
    assert json.loads(record.value or b"")["data"] == {"type": "crm.thing.made.v1", "words": "größer"}
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"01890000-0000-7000-8000-000000000001/3",
        "ce_type": b"crm.thing.made.v1",
        "ce_source": b"/recount",
        "ce_subject": b"01890000-0000-7000-8000-000000000001",
        "ce_time": b"2026-02-28T23:59:59.250000Z",
        "content-type": b"application/json",
        "position": b"7",
        "previous": b"5",
        "version": b"3",
        "correlation": b"01890000-0000-7000-8000-00000000000c",
        "causation": b"01890000-0000-7000-8000-000000000001",
        "traceparent": b"00-0189000000007000800000000000000c-800000000000000c-01",
    }


def test_an_event_without_readable_metadata_goes_to_all_partitions_and_is_unreadable_there() -> None:
    stored = Stored(7, STREAM, 1, "crm.customer.archived.v1", b'{"metadata": {"subj')
    records = encode(link(stored, metadata_of(stored), {1: 4}, 3))
    assert [(record.partition, dict(record.headers)["previous"]) for record in records] == [(0, b"0"), (1, b"4"), (2, b"0")]
    for record in records:
        with pytest.raises(Unreadable):
            decode(record.partition, 7, record.value, record.headers)


def test_the_copies_of_an_event_for_everyone_differ_in_their_previous_position() -> None:
    everyone = msgspec.structs.replace(METADATA, everyone=True)
    records = encode(link(stored_event(everyone), everyone, {1: 4}, 3))
    assert [(record.partition, dict(record.headers)["previous"]) for record in records] == [(0, b"0"), (1, b"4"), (2, b"0")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("position", None),
        ("position", b"seven"),
        ("position", b"5"),
        ("position", b"9223372036854775808"),
        ("previous", b"-1"),
        ("ce_id", b"01890000-0000-7000-8000-000000000001/0"),
        ("ce_type", b"\xff"),
        ("ce_id", b"nobody/3"),
        ("ce_id", b"01890000-0000-7000-8000-000000000001"),
    ],
)
def test_a_record_with_an_invalid_header_is_unreadable(name: str, value: bytes | None) -> None:
    record = valid_record()
    with pytest.raises(Unreadable):
        decode(2, 0, record.value, changed(record.headers, name, value))


@pytest.mark.parametrize("value", [None, b"", b"hello", b"{}", b'{"metadata": {"subject": 1}, "data": {}}'])
def test_a_record_whose_value_is_no_event_is_unreadable(value: bytes | None) -> None:
    with pytest.raises(Unreadable):
        decode(2, 0, value, valid_record().headers)


@given(value=st.none() | st.binary(), headers=st.lists(st.tuples(st.text(), st.none() | st.binary())))
def test_reading_an_arbitrary_record_raises_only_unreadable(value: bytes | None, headers: Headers) -> None:
    with pytest.raises(Unreadable):
        decode(0, 0, value, headers)


def test_a_dead_message_keeps_the_record_with_its_reason_and_origin() -> None:
    dead = with_reason(Record(3, b"k", None, [("a", b"1")]), "no sense", {"topic": "t", "offset": 9})
    expected = [("a", b"1"), ("dead_reason", b"no sense"), ("dead_topic", b"t"), ("dead_offset", b"9")]
    assert dead == Record(0, b"k", b"", expected)


@pytest.mark.parametrize(
    ("part", "damaged"),
    [
        (str(STREAM).encode(), b"no id"),
        (str(STREAM).encode(), str(STREAM).encode()[:-1]),
        (b'"test"', b'"te\xf3t"'),
        (b'"data":', b'"more":' + b"[" * 100_000 + b"]" * 100_000 + b',"data":'),
    ],
    ids=["no subject", "a subject cut short", "not UTF-8", "nested too deep"],
)
def test_however_an_event_is_damaged_it_is_sent_as_it_is(part: bytes, damaged: bytes) -> None:
    event = stored_event(METADATA)
    event = event._replace(state=event.state.replace(part, damaged, 1))
    records = encode(link(event, metadata_of(event), {}, 3))
    assert [(record.partition, record.key, record.value) for record in records] == [
        (partition, STREAM.bytes, event.state) for partition in range(3)
    ]
    for record in records:
        with pytest.raises(Unreadable):
            decode(record.partition, 0, record.value, record.headers)
