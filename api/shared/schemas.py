"""JSON Schemas of answers, for the OpenAPI document; tests hold every answer against them."""

from __future__ import annotations

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
AMOUNT: Schema = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["12.50"]}
MAYBE_AMOUNT: Schema = {"type": ["string", "null"]}
TEXTS: Schema = {"type": "array", "items": TEXT}
OBJECTS: Schema = {"type": "array", "items": {"type": "object"}}


def fields(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with these fields; more may come later."""
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
        "value": {"type": ["string", "null"]},
        "numerator": {"type": ["string", "integer", "null"]},
        "denominator": {"type": ["string", "integer", "null"]},
        "unit": TEXT,
        "definition": TEXT,
        "reason": MAYBE_TEXT,
    },
    {"interval": fields({"low": TEXT, "high": TEXT, "confidence": TEXT, "method": TEXT})},
)
MONEY = fields(
    {
        "orders": INTEGER,
        "gross": AMOUNT,
        "refunded": AMOUNT,
        "net": AMOUNT,
        "first_order_on": DAY,
        "last_order_on": DAY,
        "days_since_last_order": INTEGER,
    }
)
_LAST = {"id": ID, "channel": MAYBE_TEXT}
CUSTOMER = fields(
    {"id": ID, "version": INTEGER, "position": INTEGER, "erased_at": MAYBE_INSTANT},
    {
        "kind": TEXT,
        "name": MAYBE_TEXT,
        "contact_methods": OBJECTS,
        "address": {"type": ["object", "null"]},
        "source": {"type": ["object", "null"]},
        "source_channel": MAYBE_TEXT,
        "owner": MAYBE_TEXT,
        "team": MAYBE_TEXT,
        "language": MAYBE_TEXT,
        "time_zone": MAYBE_TEXT,
        "attributes": {"type": "object"},
        "tags": TEXTS,
        "consents": OBJECTS,
        "external_ids": OBJECTS,
        "anonymous_ids": TEXTS,
        "archived": FLAG,
        "registered_at": INSTANT,
        "registered_on": MAYBE_DAY,
        "merged_into": MAYBE_TEXT,
        "merged_ids": {"type": ["array", "null"], "items": ID},
        "money": {"type": ["object", "null"], "additionalProperties": MONEY},
        "tickets": maybe(fields({"open": INTEGER, "total": INTEGER, "processing_time": RATIO})),
        "last_interaction": maybe(fields(_LAST | {"direction": TEXT, "occurred_at": INSTANT, "occurred_on": MAYBE_DAY})),
        "last_feedback": maybe(fields(_LAST | {"kind": TEXT, "submitted_at": INSTANT, "submitted_on": MAYBE_DAY})),
        "segments": {"type": ["object", "null"], "additionalProperties": MAYBE_TEXT},
    },
)
DUPLICATE = fields(
    {
        "customer_id": ID,
        "registered_at": INSTANT,
        "duplicates": {"type": "array", "items": fields({"customer_id": ID, "same": TEXTS})},
    }
)
CHANGE = fields(
    {
        "position": INTEGER,
        "stream": ID,
        "version": INTEGER,
        "type": TEXT,
        "metadata": {"type": "object"},
        "data": {"type": "object"},
        "changes": {"type": "object", "additionalProperties": fields({"before": {}, "after": {}})},
    }
)
MOMENT = fields(
    {
        "position": INTEGER,
        "stream": ID,
        "version": INTEGER,
        "type": TEXT,
        "actor_type": TEXT,
        "actor_id": TEXT,
        "occurred_at": INSTANT,
        "recorded_at": INSTANT,
        "irregular": TEXTS,
        "zh": TEXT,
        "en": TEXT,
    }
)
_AMOUNTS = ("gross", "discounts", "returns", "tax", "charges", "captured", "refunded", "charged_back", "net", "total")
ORDER = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "number": TEXT,
        "customer_id": MAYBE_TEXT,
        "channel": TEXT,
        "owner": MAYBE_TEXT,
        "team": MAYBE_TEXT,
        "currency": TEXT,
        "order_status": TEXT,
        "payment_status": TEXT,
        "fulfilment_status": TEXT,
        "return_status": TEXT,
        "placed_at": INSTANT,
        "placed_on": MAYBE_DAY,
        "irregular": INTEGER,
        "test": FLAG,
        "tags": TEXTS,
        **dict.fromkeys(_AMOUNTS, AMOUNT),
    },
    {
        "attributes": {"type": "object"},
        "lines": OBJECTS,
        "prices_include_tax": FLAG,
        "order_discounts": OBJECTS,
        "other_charges": OBJECTS,
        "cancelled": {"type": "object"},
        "money": {"type": "object"},
        "shipments": {"type": "object"},
        "returned": {"type": "object"},
        "returns_requested": TEXTS,
        "campaign_id": MAYBE_TEXT,
        "lead_id": MAYBE_TEXT,
        "deal_id": MAYBE_TEXT,
        "private": {"type": ["object", "null"]},
    },
)
CHANNEL_SALES = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "by": TEXTS,
        "definition": TEXT,
        "position": INTEGER,
        "groups": {
            "type": "array",
            "items": fields(
                {
                    "channel": MAYBE_TEXT,
                    "period": MAYBE_DAY,
                    "currency": TEXT,
                    "orders": INTEGER,
                    **dict.fromkeys(_AMOUNTS, AMOUNT),
                    "cash_net": AMOUNT,
                    "average_order": RATIO,
                }
            ),
        },
    }
)
EVENT = fields(
    {
        "position": INTEGER,
        "stream": ID,
        "version": INTEGER,
        "type": TEXT,
        "metadata": {"type": "object"},
        "data": {"type": "object"},
    }
)
KEY = fields(
    {
        "key_id": ID,
        "label": MAYBE_TEXT,
        "roles": TEXTS,
        "issued_at": INSTANT,
        "revoked_at": MAYBE_INSTANT,
        "position": INTEGER,
    }
)
