"""The lists kept by hand are complete: anything missing in a list would silently be missing in the deployment."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import TypeVar

from fastapi import APIRouter

import api
import projections
from api import app
from infra.wiring import AGGREGATES, PROJECTIONS
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


def test_every_router_is_listed() -> None:
    modules = (app.CUSTOMERS, app.SALES, app.SERVICE, app.MARKETING, app.OPERATIONS, app.OPERATED, app.DOCUMENTATION)
    listed = [router for routers in modules for router in routers]
    assert [where for where, router in of(api, APIRouter) if not any(router is one for one in listed)] == []
