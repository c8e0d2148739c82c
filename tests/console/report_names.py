"""The names of everything that a report of the API takes and answers, from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from domain.segmentation.segment_model import FEATURE_NAMES

OF_ALL = {"after", "limit", "cursor", "bom", "neutralise", "fields"}
"""Parameters that every list and report takes; the console sets them itself or not at all."""
PREFIXES = {"lead-funnel": ("won_value", "open_value", "weighted_value", "unweighted_value")}
"""Measures with one for each currency: `won_value:EUR`. The schema names their kind only."""


class Names(NamedTuple):
    """Measures with the report that has them; parameters, choices and groups by their names; and units."""

    reports: set[str]
    measures: set[tuple[str, str]]
    parameters: set[str]
    choices: set[str]
    groups: set[str]
    units: set[str]

    def words(self) -> set[str]:
        """Under which names the console has a word for them."""
        kinds = {
            "filter": self.parameters,
            "choice": self.choices,
            "by": self.groups,
            "unit": self.units,
            "feature": set(FEATURE_NAMES),
        }
        return {f"{kind}.{name}" for kind, names in kinds.items() for name in names}


def named(document: dict[str, Any]) -> Names:
    names = Names(set(), set(), set(), set(), set(), set())
    for path, methods in document["paths"].items():
        if path.startswith("/v1/reports/"):
            report, get = path.removeprefix("/v1/reports/"), methods["get"]
            names.reports.add(report)
            _asked(document, get["parameters"], names)
            schema = get["responses"]["200"]["content"]["application/json"]["schema"]
            names.measures.update((name, report) for name in _properties(document, schema, "measures"))
            names.measures.update((f"{name}:EUR", report) for name in PREFIXES.get(report, ()))
            names.groups.update(_properties(document, schema, "group"))
    names.measures.update((f"mean:{feature}", "segments") for feature in FEATURE_NAMES)
    return names


def _asked(document: dict[str, Any], parameters: list[dict[str, Any]], names: Names) -> None:
    for parameter in parameters:
        name, values = parameter["name"], set(_values(document, parameter["schema"]))
        if name in OF_ALL:
            continue
        names.parameters.add(name)
        (names.groups if name == "by" else names.choices).update(values)


def _values(document: dict[str, Any], schema: Any) -> Iterator[str]:
    """The values of all enumerations in a schema."""
    for part in _parts(document, schema):
        yield from (value for value in part.get("enum", ()) if isinstance(value, str))


def _properties(document: dict[str, Any], schema: Any, of: str) -> Iterator[str]:
    """The properties of everything that is called `of` in a schema."""
    for part in _parts(document, schema):
        for one in _parts(document, part.get("properties", {}).get(of, {}), deep=False):
            yield from one.get("properties", ())


def _parts(document: dict[str, Any], schema: Any, deep: bool = True) -> Iterator[dict[str, Any]]:
    """The schema and all schemas in it, with references resolved."""
    if isinstance(schema, list):
        for one in schema:
            yield from _parts(document, one, deep)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        yield schema
        if deep:
            for value in schema.values():
                yield from _parts(document, value)
