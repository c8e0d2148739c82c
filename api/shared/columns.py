"""The columns of a CSV: from the route's schema of a row and from `?fields=`, the same for every row and for no rows.

An object with declared fields has a column for each of them, such as `group.channel`. An object with any fields, such as
`attributes` or amounts by currency, is one column of JSON, and so is a list. An object with both has both. A request can name a
field inside of such an object: `?fields=attributes.size` is a column too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from api.shared.schemas import EXACT

Schema = Mapping[str, Any]
Path = tuple[str, ...]


class Column(NamedTuple):
    """A column and the path of its value in a row. `text` says that its values are texts, not numbers written as texts."""

    path: Path
    text: bool

    @property
    def name(self) -> str:
        return ".".join(self.path)


def columns(schema: Schema, names: Sequence[str] = ()) -> list[Column]:
    """The columns of rows with this schema: all of them, or those of the requested fields in the requested order."""
    if not names:
        return list(_leaves(schema, ()))
    found = [column for name in names for column in _leaves(*_at(schema, tuple(name.split("."))))]
    return list(dict.fromkeys(found))


def _leaves(schema: Schema, path: Path) -> Iterator[Column]:
    forms = _forms(schema)
    declared = {name: part for form in forms for name, part in form.get("properties", {}).items()}
    for name, part in declared.items():
        yield from _leaves(part, (*path, name))
    if not declared or any(form.get("additionalProperties") for form in forms):
        yield Column(path, all(_is_text(form) for form in forms))


def _at(schema: Schema, path: Path) -> tuple[Schema, Path]:
    """The schema of the field at this path; one of any value, if it is inside of an object with any fields or of a list."""
    for name in path:
        declared = {field: part for form in _forms(schema) for field, part in form.get("properties", {}).items()}
        schema = declared.get(name, {})
    return schema, path


def _forms(schema: Schema) -> list[Schema]:
    """The schemas of which a value has one, without null."""
    return [form for form in schema.get("anyOf", (schema,)) if form.get("type") != "null"]


def _is_text(schema: Schema) -> bool:
    return not EXACT.items() <= schema.items()
