"""JSON Schemas of responses about customers."""

from __future__ import annotations

from api.shared.schemas import (
    AMOUNT,
    DAY,
    FLAG,
    ID,
    INSTANT,
    INTEGER,
    MAYBE_DAY,
    MAYBE_INSTANT,
    MAYBE_TEXT,
    OBJECTS,
    RATIO,
    TEXT,
    TEXTS,
    fields,
    maybe,
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
        "origins": {"type": "object"},
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
