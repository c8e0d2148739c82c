"""The lists kept by hand are complete: anything missing in a list would silently be missing in the deployment."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import TypeVar

import msgspec
from fastapi import APIRouter

import api
import projections
from api import app
from domain.operations.imports import Started
from domain.shared.events import Actor, Metadata
from domain.shared.ids import new_id
from infra.event_store.mapper import Mapper, Stored
from infra.wiring import AGGREGATES, EVENTS, PROJECTIONS, UPCASTERS
from projections.shared.projection import Projection
from tests.domain.pin_event_types import aggregates

T = TypeVar("T")


def of(package: ModuleType, kind: type[T]) -> Iterator[tuple[str, T]]:
    """The values of this kind in the package's modules, each with its name."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        values = vars(import_module(found.name)).items()
        yield from ((f"{found.name}.{name}", value) for name, value in values if isinstance(value, kind))


def test_every_aggregate_is_listed() -> None:
    assert {kind.name for kind in aggregates()} == {kind.name for kind in AGGREGATES}


def test_every_read_model_is_listed() -> None:
    assert [where for where, projection in of(projections, Projection) if projection not in PROJECTIONS] == []


def test_the_start_of_an_import_is_read_in_its_first_version() -> None:
    stream, at = new_id(), datetime(2026, 5, 1, tzinfo=UTC)
    data = {"type": "crm.import.started.v1", "file_sha256": "aa" * 32, "mapping_sha256": "bb" * 32, "system": "shop"}
    metadata = Metadata(subject=stream, recorded_at=at, occurred_at=at, actor=Actor(type="user", id="u-1"))
    state = msgspec.json.encode({"metadata": metadata, "data": data})
    read = Mapper(EVENTS, UPCASTERS).decode(Stored(1, stream, 1, data["type"], state), {}).event
    assert read == Started(file_sha256="aa" * 32, mapping_sha256="bb" * 32, system="shop")


def test_every_router_is_listed() -> None:
    modules = (
        app.CUSTOMERS,
        app.SALES,
        app.SERVICE,
        app.MARKETING,
        app.SEGMENTATION,
        app.OPERATIONS,
        app.OPERATED,
        app.DOCUMENTATION,
    )
    listed = [router for routers in modules for router in routers]
    assert [where for where, router in of(api, APIRouter) if not any(router is one for one in listed)] == []
