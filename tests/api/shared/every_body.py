"""Request bodies from a JSON Schema: only the required fields, these with each other field in every shape, and all fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

Schema = Mapping[str, Any]
Body = dict[str, Any]

FORMATS = {
    "uuid": "00000000-0000-4000-8000-000000000007",
    "date": "2026-05-01",
    "date-time": "2026-05-01T10:30:15+08:00",
}
TEXTS = ("a", "12", "EUR", "DE", "text/plain", "0" * 64, "https://shop.example/")


def shapes(schema: Schema, known: Mapping[str, Schema], seen: tuple[str, ...] = ()) -> list[Any]:
    """A value of each shape that the schema allows, the simplest first: every choice, and lists with and without items.

    A schema that contains itself is followed once.
    """
    match schema:
        case {"$ref": str(ref)}:
            name = ref.rpartition("/")[2]
            return [] if name in seen else shapes(known[name], known, (*seen, name))
        case {"anyOf": choices} | {"oneOf": choices}:
            examples = schema.get("examples", ())
            return list(chain.from_iterable(shapes({"examples": examples, **choice}, known, seen) for choice in choices))
        case {"const": value}:
            return [value]
        case {"enum": values}:
            return list(values)
    return _of_type(schema, known, seen)


def _of_type(schema: Schema, known: Mapping[str, Schema], seen: tuple[str, ...]) -> list[Any]:
    match schema:
        case {"type": "object", "properties": _}:
            return list(bodies(schema, known, seen))
        case {"type": "object"}:
            name, values = _text(schema.get("propertyNames", {})), _parts(schema, "additionalProperties", known, seen)
            return [{}, *({name: value} for value in values)]
        case {"type": "array"}:
            least = schema.get("minItems", 0)
            return [*([] if least else [[]]), *([item] * max(1, least) for item in _parts(schema, "items", known, seen))]
        case {"type": "integer" | "number"}:
            return [schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)]
        case {"type": "boolean"}:
            return [True, False]
        case {"type": "null"}:
            return [None]
    return [_text(schema)]


def bodies(schema: Schema, known: Mapping[str, Schema], seen: tuple[str, ...] = ()) -> Iterator[Body]:
    """The smallest body, that body with each field in each shape, and all fields; again for each value of an enumeration."""
    fields = {name: shapes(field, known, seen) for name, field in schema["properties"].items()}
    fields = {name: values for name, values in fields.items() if values}
    least = {name: fields[name][0] for name in schema.get("required", ())}
    for base in (least, *_chosen(least, schema, fields)):
        yield base
        yield from (base | {name: value} for name, values in fields.items() if name not in base for value in values)
        yield {name: values[0] for name, values in fields.items()} | base
    yield from (least | {name: value} for name in least for value in fields[name][1:])


def _chosen(least: Body, schema: Schema, fields: Mapping[str, list[Any]]) -> Iterator[Body]:
    """The smallest body with each other value of its enumerations, because the facts passed may depend on them."""
    for name in least:
        if "enum" in schema["properties"][name]:
            yield from (least | {name: value} for value in fields[name][1:])


def _parts(schema: Schema, part: str, known: Mapping[str, Schema], seen: tuple[str, ...]) -> list[Any]:
    inner = schema.get(part, True)
    return shapes(inner, known, seen) if isinstance(inner, Mapping) else [_text({})]


def _text(schema: Schema) -> str:
    """A text that fits: an example of the schema if it has one."""
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    pattern, least, most = schema.get("pattern", ""), schema.get("minLength", 0), schema.get("maxLength", 10_000)
    for text in (*schema.get("examples", ()), *TEXTS):
        if isinstance(text, str) and least <= len(text) <= most and re.search(pattern, text):
            return text
    raise AssertionError(f"no text fits {schema}: add one to TEXTS")
