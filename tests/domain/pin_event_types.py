"""The pinned schemas of all events, for `test_event_types`. `python -m tests.domain.pin_event_types` updates them.

An event that was recorded must never change. After adding an event, or a field with a default, run that command; it also
writes docs/events.md. For any other change, make a new class with the next version (`….v2`), put it in the aggregate's `events`
in place of the old one, add an upcaster to the wiring from the old type's data to the new type's, and then run the command.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

import domain
from domain.shared.aggregate import Aggregate
from domain.shared.events import Event, Metadata, type_name

PINNED = Path(__file__).parents[1] / "data" / "event_types.json"


def classes(root: type[Any]) -> Iterator[type[Any]]:
    """All subclasses of `root` in the domain."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        import_module(module.name)
    yield from (kind for kind in _derived(root) if kind.__module__.startswith("domain."))


def _derived(root: type[Any]) -> Iterator[type[Any]]:
    for derived in root.__subclasses__():
        yield derived
        yield from _derived(derived)


def aggregates() -> list[type[Aggregate]]:
    return sorted((kind for kind in set(classes(Aggregate)) if "events" in vars(kind)), key=lambda kind: kind.name)


def events() -> list[type[Event]]:
    """All events that aggregates list, in order."""
    return [event for aggregate in aggregates() for event in aggregate.events]


def schemas() -> dict[str, Any]:
    """The JSON Schemas of all events by type name, and of the metadata."""
    schemas = {type_name(event): msgspec.json.schema(event) for event in events()} | {"metadata": msgspec.json.schema(Metadata)}
    return {name: without_texts(json.loads(msgspec.json.encode(schemas[name]))) for name in sorted(schemas)}


def without_texts(node: Any) -> Any:
    """The schema without descriptions, whose wording may change."""
    if isinstance(node, dict):
        return {key: without_texts(value) for key, value in node.items() if key != "description" or not isinstance(value, str)}
    return [without_texts(item) for item in node] if isinstance(node, list) else node


if __name__ == "__main__":
    from infra.wiring import UPCASTERS
    from tests.docs import event_catalogue

    if gone := json.loads(PINNED.read_text()).keys() - schemas().keys() - UPCASTERS.keys():
        raise SystemExit(f"no class and no upcaster reads {', '.join(sorted(gone))}")
    event_catalogue.write()
    PINNED.write_text(json.dumps(schemas(), indent=1, sort_keys=True, ensure_ascii=False) + "\n")
