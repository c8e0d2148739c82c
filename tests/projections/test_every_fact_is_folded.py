"""A read model that folds events with `match` has a case for each event; an event without a case would not change its row."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import projections
from domain.shared.aggregate import Aggregate
from domain.shared.events import Event
from infra.wiring import AGGREGATES


def cases(tree: ast.AST, module: ModuleType) -> tuple[type[Event], ...]:
    """The event classes, and base classes of events, that the module has a case for."""
    names = {ast.unparse(node.cls) for node in ast.walk(tree) if isinstance(node, ast.MatchClass)}
    return tuple(vars(module)[name] for name in names if name in vars(module))


def folded(tree: ast.AST, module: ModuleType) -> Iterator[type[Aggregate]]:
    """The aggregates of which the module reads all events."""
    read = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "events"}
    yield from (kind for kind in AGGREGATES if f"{kind.__name__}.events" in read and vars(module).get(kind.__name__) is kind)


def unfolded(tree: ast.AST, module: ModuleType) -> list[str]:
    """The events without a case, of those aggregates for which the module has cases."""
    handled = cases(tree, module)
    own = [set(kind.events) - set(getattr(kind, "annotation_events", ())) for kind in folded(tree, module)]
    known = [{event for event in events if issubclass(event, handled)} for events in own]
    return sorted(event.__name__ for all, some in zip(own, known, strict=True) if some for event in all - some)


def test_every_fact_has_a_case() -> None:
    found: dict[str, list[str]] = {}
    looked_at = 0
    for name in (module.name for module in pkgutil.walk_packages(projections.__path__, "projections.")):
        module = import_module(name)
        tree = ast.parse(Path(str(module.__file__)).read_text())
        looked_at += any(issubclass(event, cases(tree, module)) for kind in folded(tree, module) for event in kind.events)
        found |= {name: forgotten} if (forgotten := unfolded(tree, module)) else {}
    assert found == {}
    assert looked_at > 10
