"""Selects fields with `?fields=number,private.contact`, in every list, single resource, history and report.

A request can name the fields that are in the route's schema of a row. Fields that the caller may not see are removed from
the row before: naming one shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import Request
from fastapi.exceptions import RequestValidationError

Row = Mapping[str, Any]
Schema = Mapping[str, Any]
Path = tuple[str, ...]

NAME = "fields"


class Pick:
    """Keeps the requested fields of every row, or all fields if the request names none."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = names
        self._paths = [tuple(name.split(".")) for name in names]

    def __call__(self, row: Row) -> Row:
        return _part(msgspec.to_builtins(row), self._paths) if self._paths else row


def picked(request: Request) -> Pick:
    """The fields that the request asks for. Raises RequestValidationError if a row has no such field."""
    asked = request.query_params.getlist(NAME)
    schema = row_schema(request.scope["route"].responses)
    if not asked or schema is None:
        return Pick()
    names = ",".join(asked).split(",")
    errors = [
        {"type": "unknown_field", "loc": ("query", NAME), "msg": f"There is no field {name}; there are: {', '.join(known)}"}
        for name in names
        if (known := _known_instead(schema, name))
    ]
    if errors:
        raise RequestValidationError(errors)
    return Pick(names)


def row_schema(responses: Mapping[Any, Mapping[str, Any]]) -> Schema | None:
    """The schema of one row in a route's answers: an item of a page, a group of a report, or the single resource."""
    by_status = {str(status): response for status, response in responses.items()}
    schema = by_status.get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
    properties = schema.get("properties", {})
    rows = properties.get("groups") or ("next" in properties and properties.get("items"))
    if rows:
        row: Schema = rows["items"]
        return row
    return schema if "304" in by_status else None


def parameter(schema: Schema) -> dict[str, Any]:
    """The OpenAPI parameter that selects fields of such a row."""
    known = list(schema.get("properties", ()))
    return {
        "name": NAME,
        "in": "query",
        "required": False,
        "description": f"Return only these fields, separated by commas; `a.b` is a nested field. Fields: {', '.join(known)}. "
        "Fields that the key may not see are left out.",
        "schema": {"type": "string", "maxLength": 2000, "examples": [",".join(known[:3])]},
    }


def _known_instead(schema: Schema, name: str) -> list[str]:
    """The fields that exist, if there is none of that name. Empty if there may be one."""
    for step in name.split("."):
        known = schema.get("properties")
        if known is None:
            # An object that may have any fields, such as attributes.
            return []
        if step not in known:
            return list(known)
        schema = known[step].get("items", known[step])
    return []


def _part(value: Row, paths: Sequence[Path]) -> Row:
    part = {}
    for name in dict.fromkeys(path[0] for path in paths):
        if name in value:
            below = [path[1:] for path in paths if path[0] == name]
            part[name] = value[name] if () in below else _below(value[name], below)
    return part


def _below(value: Any, paths: Sequence[Path]) -> Any:
    """The requested parts of a field's value, or of each element of a list. A value without parts is returned unchanged."""
    if isinstance(value, list):
        return [_below(one, paths) for one in value]
    return _part(value, paths) if isinstance(value, dict) else value
