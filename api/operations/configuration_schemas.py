"""JSON Schemas of responses about users, teams, saved views, and webhooks with their deliveries."""

from __future__ import annotations

from api.shared.schemas import FLAG, ID, INSTANT, INTEGER, KNOWN, MAYBE_INSTANT, MAYBE_TEXT, TEXT, TEXTS, fields

USER = fields(
    KNOWN
    | {
        "code": TEXT,
        "team": MAYBE_TEXT,
        "zone": MAYBE_TEXT,
        "capacity": {"type": ["integer", "null"]},
        "available": FLAG,
        "registered_at": INSTANT,
        "deactivated_at": MAYBE_INSTANT,
    },
    {"name": MAYBE_TEXT},
)
TEAM = fields(
    KNOWN | {"code": TEXT, "name": TEXT, "zone": MAYBE_TEXT, "registered_at": INSTANT, "deactivated_at": MAYBE_INSTANT}
)
SAVED_VIEW = fields(
    KNOWN
    | {
        "name": TEXT,
        "resource": TEXT,
        "fields": TEXTS,
        "sort": MAYBE_TEXT,
        "owner": MAYBE_TEXT,
        "shared": FLAG,
        "retired_at": MAYBE_INSTANT,
    },
    {"filters": {"type": ["object", "null"], "additionalProperties": TEXT}},
)
WEBHOOK = fields(
    KNOWN
    | {
        "url": TEXT,
        "types": TEXTS,
        "subjects": {"type": "array", "items": ID},
        "irregular": MAYBE_TEXT,
        "personal": FLAG,
        "status": {"enum": ["active", "paused", "removed"]},
        "reason": MAYBE_TEXT,
        "since": INTEGER,
        "registered_at": INSTANT,
        "paused_at": MAYBE_INSTANT,
        "removed_at": MAYBE_INSTANT,
        "secret_rotated_at": MAYBE_INSTANT,
        "former_secrets_until": MAYBE_INSTANT,
    },
    {
        "delivered_to": INTEGER,
        "failures": INTEGER,
        "failing_since": MAYBE_INSTANT,
        "next_try": MAYBE_INSTANT,
        "last_error": MAYBE_TEXT,
    },
)
DELIVERY = fields(
    {
        "number": INTEGER,
        "kind": {"enum": ["event", "redelivery", "test"]},
        "message_id": TEXT,
        "event_position": {"type": ["integer", "null"]},
        "at": INSTANT,
        "status": {"type": ["integer", "null"]},
        "milliseconds": INTEGER,
        "error": MAYBE_TEXT,
        "next_try": MAYBE_INSTANT,
    }
)
TESTED = fields(
    {
        "accepted": FLAG,
        "message_id": TEXT,
        "status": {"type": ["integer", "null"]},
        "milliseconds": INTEGER,
        "error": MAYBE_TEXT,
    }
)
