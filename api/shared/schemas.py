"""JSON Schemas of answers, for the OpenAPI document; tests check every answer against them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]

ID: Schema = {"type": "string", "format": "uuid"}
TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
INTEGER: Schema = {"type": "integer"}
MAYBE_INTEGER: Schema = {"type": ["integer", "null"]}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
MAYBE_INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
MAYBE_DAY: Schema = {"type": ["string", "null"], "format": "date"}
EXACT: Schema = {"format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"}
"""The form of a number that is written as a text, so that it stays exact. Other texts may look like one by chance."""
AMOUNT: Schema = {"type": "string", **EXACT, "examples": ["12.50"]}
MAYBE_AMOUNT: Schema = {"type": ["string", "null"], **EXACT}
TEXTS: Schema = {"type": "array", "items": TEXT}
OBJECTS: Schema = {"type": "array", "items": {"type": "object"}}
MAYBE_OBJECT: Schema = {"type": ["object", "null"]}
KNOWN: dict[str, Schema] = {"id": ID, "version": INTEGER, "position": INTEGER}
"""The fields of every resource that has a stream."""


def fields(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with these fields. Later versions may add more."""
    return {"type": "object", "required": list(required), "properties": required | (optional or {})}


def maybe(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def without(schema: Schema, name: str) -> Schema:
    """The object's schema without one of its fields."""
    required: dict[str, Schema] = schema["properties"]
    return fields({other: one for other, one in required.items() if other != name})


RATIO = fields(
    {
        "value": MAYBE_AMOUNT,
        "numerator": {"type": ["string", "integer", "null"], **EXACT},
        "denominator": {"type": ["string", "integer", "null"], **EXACT},
        "unit": TEXT,
        "definition": TEXT,
        "reason": MAYBE_TEXT,
    },
    {"interval": fields({"low": AMOUNT, "high": AMOUNT, "confidence": AMOUNT, "method": TEXT})},
)
_INTERVAL = fields({"low": MAYBE_AMOUNT, "high": MAYBE_AMOUNT, "confidence": AMOUNT, "method": TEXT})
_QUANTITY: Schema = {"type": ["string", "integer", "null"], **EXACT}
FIGURE = fields(
    {"value": MAYBE_AMOUNT, "unit": TEXT, "definition": TEXT, "reason": MAYBE_TEXT},
    {
        "numerator": _QUANTITY,
        "denominator": _QUANTITY,
        "n": INTEGER,
        "method": TEXT,
        "interval": _INTERVAL,
        "always_valid": _INTERVAL,
        "test": fields(
            {"method": TEXT, "statistic": MAYBE_AMOUNT, "p_value": MAYBE_AMOUNT},
            {"adjusted_p_value": MAYBE_AMOUNT, "adjustment": TEXT},
        ),
        "caution": TEXT,
    },
)


def group_of(groupings: dict[str, Schema], measures: Iterable[str]) -> Schema:
    """A group of a report: the values of its groupings, and the figure of each measure."""
    return fields({"group": fields(groupings), "measures": fields(dict.fromkeys(measures, FIGURE))})


FAULTS = {
    "faults": {
        "type": "array",
        "description": "What cannot be read in the event. Absent if there is nothing.",
        "items": fields(
            {
                "field": TEXT,
                "reason": {"enum": ["broken-seal", "broken-json", "broken-metadata", "unknown-type", "other-type"]},
            },
        ),
    }
}
SENTENCE = maybe(fields({"en": TEXT, "zh": TEXT})) | {
    "description": "The event in one line, without personal data; null if its type is damaged.",
    "examples": [{"en": "Order 1001 placed: total 12.50 EUR, channel web", "zh": "订单 1001 已下单：合计 12.50 EUR，渠道 web"}],
}
RECORDED: dict[str, Schema] = {
    "position": INTEGER,
    "stream": ID,
    "version": INTEGER,
    "type": TEXT,
    "metadata": {"type": ["object", "null"]},
    "data": {"type": ["object", "null"]},
}
CHANGES: Schema = {"type": ["object", "null"], "additionalProperties": fields({"before": {}, "after": {}})}
CHANGE = fields({**RECORDED, "changes": CHANGES}, {**FAULTS, "sentence": SENTENCE})
EVENT = fields(RECORDED, {**FAULTS, "sentence": SENTENCE})
