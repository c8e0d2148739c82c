"""Selects fields with `?fields=number,private.contact`, in every list, single resource, history and report.

A request can name the fields that are in the route's schema of a row. Fields that the caller may not see are removed from
the row before: naming one shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import Request

from api.shared.encoding import plain
from api.shared.nearest import because

Row = Mapping[str, Any]
Schema = Mapping[str, Any]
Tree = dict[str, "Tree"]

NAME = "fields"
LENGTH = 2000
NAMES = 100
"""How many fields a request may name. No row has more."""
STEPS = 64
"""So many names a nested field may have, as a body may have objects inside of each other."""


class Pick:
    """Keeps the requested fields of every row, or all fields if the request names none."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = names
        self._wanted = _tree([name.split(".") for name in names])

    def __call__(self, row: Row) -> Row:
        return _part(plain(row), self._wanted) if self._wanted else row


def picked(request: Request) -> Pick:
    """The fields that the request asks for. The route has checked that they exist."""
    asked = request.query_params.get(NAME)
    return Pick(asked.split(",")) if asked else Pick()


def unknown_fields(schema: Schema, asked: str) -> Iterator[str]:
    """A message for each requested field that a row does not have; one message if there are too many."""
    names = asked.split(",")
    if len(names) > NAMES or len(asked) > LENGTH:
        yield f"It may name at most {NAMES} fields, in {LENGTH} characters"
        return
    for name in names:
        if name.count(".") >= STEPS:
            yield f"A field may have at most {STEPS} names, with points between them"
            return
        if known := _fields_instead(schema, name):
            yield because(f"There is no field {name}", name, known)


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
    known = list(_properties(schema))
    return {
        "name": NAME,
        "in": "query",
        "required": False,
        "description": f"Return only these fields, separated by commas; `a.b` is a nested field. Fields: {', '.join(known)}. "
        "Fields that the key may not see are left out.",
        "schema": {"type": "string", "maxLength": LENGTH, "examples": [",".join(known[:3])]},
    }


def _fields_instead(schema: Schema, name: str) -> list[str]:
    """The fields that exist, if there is none of that name. Empty if there may be one."""
    for step in name.split("."):
        known = _properties(schema)
        if not known:
            # An object that may have any fields, such as attributes.
            return []
        if step not in known:
            return list(known)
        schema = known[step].get("items", known[step])
    return []


def _properties(schema: Schema) -> Schema:
    """The properties of an object; of a row that has one of several forms, those of all forms."""
    properties: Schema = schema.get("properties", {})
    for form in schema.get("anyOf", ()):
        properties = {**properties, **_properties(form)}
    return properties


def _tree(paths: Sequence[Sequence[str]]) -> Tree:
    """The requested fields by name, each with those requested inside of it; with none if it is requested as a whole."""
    tree: Tree = {}
    for name in dict.fromkeys(path[0] for path in paths):
        below = [path[1:] for path in paths if path[0] == name]
        tree[name] = _tree(below) if all(below) else {}
    return tree


def _part(value: Row, wanted: Tree) -> Row:
    return {name: _below(value[name], below) if below else value[name] for name, below in wanted.items() if name in value}


def _below(value: Any, wanted: Tree) -> Any:
    """The requested parts of a field's value, or of each element of a list. A value without parts is returned unchanged."""
    if isinstance(value, list):
        return [_below(one, wanted) for one in value]
    return _part(value, wanted) if isinstance(value, dict) else value
