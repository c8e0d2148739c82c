"""Event types are permanent: every recorded event can always be read."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

import msgspec
import pytest

from domain.shared.events import Event, type_name
from infra.event_store.places import EACH, personal_paths
from infra.wiring import UPCASTERS
from tests.domain import pin_event_types
from tests.domain.pin_event_types import PINNED, aggregates, classes, events, schemas

TYPE_NAME = re.compile(r"crm\.(?P<aggregate>[a-z_]+)\.[a-z_]+\.v[1-9]\d*")
HOW_TO = f"\n\n{pin_event_types.__doc__}"


def test_no_pinned_event_was_changed_or_removed() -> None:
    pinned, now = json.loads(PINNED.read_text()), schemas()
    changed = [name for name in pinned if now.get(name) != pinned[name]]
    assert not changed, f"changed or gone: {', '.join(changed)}{HOW_TO}"


def test_every_event_is_pinned() -> None:
    new = schemas().keys() - json.loads(PINNED.read_text()).keys()
    assert not new, f"not pinned yet: {', '.join(sorted(new))}{HOW_TO}"


@pytest.mark.parametrize("aggregate", aggregates(), ids=lambda aggregate: aggregate.name)
def test_every_type_name_contains_its_aggregate_fact_and_version(aggregate: type) -> None:
    for event in aggregate.events:  # type: ignore[attr-defined]
        match = TYPE_NAME.fullmatch(type_name(event))
        assert match, type_name(event)
        assert match["aggregate"] == aggregate.name.replace(" ", "_")  # type: ignore[attr-defined]


def test_no_two_events_share_a_type_name() -> None:
    names = [type_name(event) for event in events()]
    assert len(names) == len(set(names))


def unread(types: Collection[str], upcasters: Collection[str]) -> list[str]:
    """Earlier versions of these types (events may be recorded with them) that no class and no upcaster reads."""
    parts = [name.rpartition(".v") for name in types]
    earlier = {f"{fact}.v{before}" for fact, _, version in parts for before in range(1, int(version))}
    return sorted(earlier.difference(types, upcasters))


def test_every_recorded_version_can_be_read() -> None:
    assert unread([type_name(event) for event in events()], UPCASTERS) == []
    assert unread(["crm.parcel.moved.v3"], ["crm.parcel.moved.v2"]) == ["crm.parcel.moved.v1"]


def test_every_event_of_the_domain_is_listed_by_an_aggregate() -> None:
    """Base classes of events are not events themselves."""
    forgotten = {event for event in classes(Event) if not event.__subclasses__()} - set(events())
    assert not forgotten


def test_every_personal_field_can_be_absent() -> None:
    for event in events():
        for *holders, field in personal_paths(event):
            assert field != EACH, event
            struct = holder(msgspec.inspect.type_info(event), holders)
            assert next(f for f in struct.fields if f.encode_name == field).default is None, (event, field)


def holder(node: object, path: list[str]) -> msgspec.inspect.StructType:
    """The struct class at the path, also within optional fields and lists."""
    if isinstance(node, msgspec.inspect.Metadata):
        return holder(node.type, path)
    if isinstance(node, msgspec.inspect.UnionType):
        return holder(next(kind for kind in node.types if not isinstance(kind, msgspec.inspect.NoneType)), path)
    if isinstance(node, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
        return holder(node.item_type, path[1:])
    assert isinstance(node, msgspec.inspect.StructType)
    if not path:
        return node
    return holder(next(field.type for field in node.fields if field.encode_name == path[0]), path[1:])
