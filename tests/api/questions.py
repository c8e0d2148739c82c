"""Every `GET` request that the OpenAPI document allows, about the resources of a story."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from api.shared.picking import row_schema

Document = Mapping[str, Any]
Places = Mapping[str, Mapping[str, str]]

FORMS = ("text/csv", "application/x-ndjson")
# Parameters that continue a list: they take no free text.
PAGED = ("cursor", "before", "after", "limit", "upto")
# Parameters that change how a row is shown. All other parameters only leave rows out of a list.
CHOSEN = ("sort", "by", "clock", "rules", "version", "as_of", "effective_at")


class Question(NamedTuple):
    """A `GET` request: the path with its parameters filled in, the query, and the media type."""

    path: str
    asked: tuple[tuple[str, str], ...] = ()
    form: str = "application/json"

    def about(self, name: str, value: str) -> Question:
        return self._replace(asked=(*self.asked, (name, value)))


def plain(document: Document, places: Places) -> Iterator[tuple[str, Question]]:
    """Every path with its required parameters only, by its template."""
    for template, operations in document["paths"].items():
        if "get" in operations:
            yield template, Question(filled_path(template, places), _required(template, operations["get"], places))


def chosen(document: Document, places: Places) -> Iterator[Question]:
    """Every media type, order, grouping and past moment that the document names, and all fields by name."""
    for template, question in plain(document, places):
        operation = document["paths"][template]["get"]
        schema = row_schema(operation["responses"])
        named = question.about("fields", ",".join(schema.get("properties", ("id",)))) if schema else question
        forms = [form for form in FORMS if form in operation["responses"]["200"].get("content", ())]
        yield from (named._replace(form=form) for form in forms or ["application/json"])
        for parameter in _parameters(operation):
            if parameter["name"] in CHOSEN:
                yield from (question.about(parameter["name"], value) for value in _values(parameter))


def searching(document: Document, places: Places, text: str) -> Iterator[Question]:
    """Every place where a caller can send a text, filled with this one: query parameters and external ids."""
    for template, question in plain(document, {**places, "": {"external": text, "system": "shop"}}):
        if "{external}" in template:
            yield question
        for parameter in _parameters(document["paths"][template]["get"]):
            if parameter["name"] not in (*PAGED, "fields", "zone") and not any(_values(parameter)):
                yield question.about(parameter["name"], text)


def filled_path(template: str, places: Places) -> str:
    """The path with its parameters filled in, from the places at the beginnings of the template."""
    known = {"position": "1", "external": "nobody", "system": "shop", **_known(template, places)}
    return re.sub(r"\{(\w+)\}", lambda match: quote(known.get(match[1], "nobody"), safe=""), template)


def _known(template: str, places: Places) -> dict[str, str]:
    known: dict[str, str] = {}
    for beginning in sorted(filter(template.startswith, places), key=len):
        known |= places[beginning]
    return known


def _required(template: str, operation: Document, places: Places) -> tuple[tuple[str, str], ...]:
    if template == "/v1/events/stream":
        return (("after", "0"), ("upto", _known(template, places)["upto"]))
    if template == "/v1/reports/value-calibration":
        # Days after the cut-off that are over.
        return (("to", "2024-05-02"),)
    today = datetime.now(UTC).date()
    known = {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=2))}
    known["campaign_id"] = places.get("/v1/campaigns", {}).get("id", str(UUID(int=1)))
    return tuple((p["name"], known.get(p["name"], "1")) for p in _parameters(operation) if p.get("required"))


def _parameters(operation: Document) -> list[Document]:
    return [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]


def _values(parameter: Document) -> list[str]:
    """The values that the document names for a parameter. None if it takes any text."""
    schemas = list(chain.from_iterable(_all_of(parameter["schema"])))
    named = [str(value) for schema in schemas for value in schema.get("enum", [schema["const"]] if "const" in schema else [])]
    if parameter["name"] == "sort" and not named:
        keys = re.sub(r"[^\w|]", "", next(schema["pattern"] for schema in schemas if "pattern" in schema)).split("|")
        return [f"-{key}" for key in keys]
    if parameter["name"] == "version":
        return ["2"]
    if parameter["name"] in ("as_of", "effective_at"):
        return [datetime.now(UTC).isoformat().replace("+00:00", "Z")]
    if any(schema.get("type") == "boolean" for schema in schemas):
        return ["true", "false"]
    return named


def _all_of(schema: Document) -> Iterator[list[Document]]:
    yield [schema]
    for below in (*schema.get("anyOf", ()), *((schema["items"],) if "items" in schema else ())):
        yield from _all_of(below)
