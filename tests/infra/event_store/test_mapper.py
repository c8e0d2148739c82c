"""Events are neutral JSON. A sealed personal value opens only in its own place, and only with its subject's key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.customers.customer.events import ANNOTATIONS, Registered
from domain.shared.events import Event, Recorded, type_name
from domain.shared.ids import new_id
from domain.shared.personal import Personal
from infra.event_store.mapper import BrokenSeal, Mapper, Stored, UnknownEventType
from infra.event_store.places import personal_paths
from infra.event_store.vault import SubjectKey
from infra.wiring import UPCASTERS
from tests.domain.pin_event_types import events
from tests.infra.event_store.given_events import MARK, events_of, metadata

AttributesSet = ANNOTATIONS.attributes_set

EVENTS = events()
KEY = SubjectKey(bytes(32))
STREAM = new_id()


class Moved(Event, frozen=True, tag="crm.parcel.moved.v2"):
    to: str
    note: Personal[str] = None


def moved_from_v1(data: dict[str, Any]) -> dict[str, Any]:
    """In the first version, `to` was called `where`, and `note` was called `remark`."""
    return {"type": "crm.parcel.moved.v2", "to": data["where"], "note": data.get("remark")}


MAPPER = Mapper([*EVENTS, Moved], {"crm.parcel.moved.v1": moved_from_v1})


def stored(event: Event, key: SubjectKey | None = KEY, stream: UUID = STREAM, version: int = 1) -> Stored:
    state = MAPPER.encode(stream, version, event, metadata(subject=stream), key)
    return Stored(1, stream, version, type_name(type(event)), state)


def read(stored: Stored, key: SubjectKey | None = KEY) -> Recorded:
    return MAPPER.decode(stored, {STREAM: key} if key else {})


def personal_values(event: Event) -> list[Any]:
    """The event's personal values that are present, as JSON values."""
    return [value for path in personal_paths(type(event)) for value in _at(msgspec.to_builtins(event), path)]


def _at(node: Any, path: tuple[str, ...]) -> list[Any]:
    if not path:
        return [] if node is None else [node]
    if path[0] == "*":
        return [value for item in node for value in _at(item, path[1:])]
    return _at(node[path[0]], path[1:]) if node is not None and path[0] in node else []


def opened(there: Stored, keys: Mapping[UUID, SubjectKey]) -> dict[str, Any]:
    """The data as people see it, with its type."""
    found = MAPPER.seen(there, keys)
    assert found.faults == []
    assert found.data is not None
    return {"type": there.type, **found.data}


@pytest.mark.parametrize("kind", EVENTS, ids=type_name)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_event_is_read_unchanged_and_without_its_key_has_no_personal_value(
    kind: type[Event], data: st.DataObject
) -> None:
    event = data.draw(events_of(kind))
    there = stored(event)
    recorded = read(there)
    assert recorded == Recorded(1, STREAM, 1, event, metadata(subject=STREAM))
    assert opened(there, {STREAM: KEY}) == json.loads(msgspec.json.encode(event))
    assert MARK.encode() not in there.state
    assert set(json.loads(there.state)) == {"metadata", "data"}
    erased = read(there, None).event
    assert personal_values(erased) == []
    assert read(stored(event, None), None).event == erased


def test_every_personal_value_is_sealed_on_its_own() -> None:
    event = Registered(kind="person", name="Jane", texts={"colour": "blue"})
    data = json.loads(stored(event).state)["data"]
    assert data["name"].keys() == data["texts"].keys() == {"sealed"}
    assert stored(event).state != stored(event).state


def test_an_attribute_called_sealed_is_not_mistaken_for_a_sealed_value() -> None:
    event = AttributesSet(numbers={"sealed": 5}, texts={"sealed": "tight"})
    assert read(stored(event)).event == event
    assert read(stored(event), None).event == AttributesSet(numbers={"sealed": 5})


@pytest.mark.parametrize("move", ["stream", "version", "field"])
def test_a_sealed_value_does_not_open_in_another_place(move: str) -> None:
    there = stored(Registered(kind="person", name="Jane", language="en"))
    if move == "field":
        event = json.loads(there.state)
        event["data"]["texts"] = event["data"].pop("name")
        there = there._replace(state=json.dumps(event).encode())
    elif move == "version":
        there = there._replace(version=2)
    else:
        there = there._replace(stream=new_id())
    with pytest.raises(BrokenSeal):
        read(there)


def test_another_subjects_key_opens_nothing() -> None:
    with pytest.raises(BrokenSeal):
        read(stored(Registered(kind="person", name="Jane")), SubjectKey(bytes([1] * 32)))


def test_the_error_names_an_unknown_type() -> None:
    data = {"type": "crm.customer.cloned.v1"}
    state = msgspec.json.encode({"metadata": metadata(subject=STREAM), "data": data})
    with pytest.raises(UnknownEventType, match=r"crm\.customer\.cloned\.v1"):
        read(Stored(1, STREAM, 1, data["type"], state))


def old(data: dict[str, Any]) -> Stored:
    return Stored(1, STREAM, 1, data["type"], msgspec.json.encode({"metadata": metadata(subject=STREAM), "data": data}))


def test_an_event_of_an_old_version_is_read_as_the_newest_version() -> None:
    remark = {"sealed": KEY.seal(b'"ring twice"', f"{STREAM.hex}/1/remark")}
    there = old({"type": "crm.parcel.moved.v1", "where": "Oslo", "remark": remark})
    assert read(there).event == Moved(to="Oslo", note="ring twice")
    assert read(there, None).event == Moved(to="Oslo")
    assert MAPPER.seen(there, {STREAM: KEY}).data == {"where": "Oslo", "remark": "ring twice"}


@pytest.mark.parametrize(
    ("type", "facts"),
    [
        ("crm.customer.registered", {"kind": "person", "source": {"channel": "web", "utm": {"term": "red shoes"}}}),
        ("crm.customer.details_changed", {"source": {"utm": {"content": "top"}}}),
        ("crm.touchpoint.recorded", {"channel": "web", "kind": "visit", "utm": {"source": "news"}}),
        ("crm.interaction.logged", {"channel": "email", "direction": "inbound", "thread_id": "t-1"}),
        ("crm.interaction.corrected", {"thread_id": "t-2"}),
    ],
)
def test_a_value_that_was_plain_before_it_became_personal_is_still_read(type: str, facts: dict[str, Any]) -> None:
    event = Mapper(EVENTS, UPCASTERS).decode(old({"type": f"{type}.v1", **facts}), {}).event
    assert msgspec.to_builtins(event) == {"type": f"{type}.v2", **facts}


def test_an_unknown_field_of_a_newer_version_is_ignored() -> None:
    there = old({"type": "crm.customer.archived.v1", "reason": {"code": 7}})
    assert read(there).type == "crm.customer.archived.v1"
