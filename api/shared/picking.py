"""Only the fields that were asked for: `?fields=number,private.contact`, in every list, one thing, history and report.

What there is to ask for is what the route's documentation says of its rows. What the caller may not see has left a row
before: to name it shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from fastapi import Request
from fastapi.exceptions import RequestValidationError

Row = Mapping[str, Any]
Schema = Mapping[str, Any]
Path = tuple[str, ...]

NAME = "fields"


class Pick:
    """The part of every row that was asked for: all of it where nothing was."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = names
        self._paths = [tuple(name.split(".")) for name in names]

    def __call__(self, row: Row) -> Row:
        return _part(msgspec.to_builtins(row), self._paths) if self._paths else row

    def columns(self, found: Iterable[str]) -> list[str]:
        """The columns of a table in the order asked for; what no row has is a column all the same."""
        found = list(found)
        if not self.names:
            return found
        under = {name: [column for column in found if column == name or column.startswith(f"{name}.")] for name in self.names}
        return list(dict.fromkeys(column for name, columns in under.items() for column in columns or [name]))


def picked(request: Request) -> Pick:
    """What the request asks for. Raises RequestValidationError where a row has no such field."""
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
    """What a route's documentation says of one row: of a page its items, of a report its groups, or of the one thing."""
    by_status = {str(status): response for status, response in responses.items()}
    schema = by_status.get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
    told = schema.get("properties", {})
    rows = told.get("groups") or ("next" in told and told.get("items"))
    if rows:
        row: Schema = rows["items"]
        return row
    return schema if "304" in by_status else None


def parameter(schema: Schema) -> dict[str, Any]:
    """How the documentation says that one may ask for parts of such a row."""
    known = list(schema.get("properties", ()))
    return {
        "name": NAME,
        "in": "query",
        "required": False,
        "description": f"Only these, with commas between, and `a.b` for a part: {', '.join(known)}. "
        "What the key may not see is left out.",
        "schema": {"type": "string", "maxLength": 2000, "examples": [",".join(known[:3])]},
    }


def _known_instead(schema: Schema, name: str) -> list[str]:
    """Which fields there are where there is none of that name; empty where there may be one."""
    for step in name.split("."):
        known = schema.get("properties")
        if known is None:
            # An object of any fields, such as attributes.
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
    """The parts of what a field holds: of each in a list. What has no parts is told as it is."""
    if isinstance(value, list):
        return [_below(one, paths) for one in value]
    return _part(value, paths) if isinstance(value, dict) else value
