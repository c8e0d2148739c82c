"""JSON Schemas of answers about what configures the rest: users, teams, tasks, saved views, fields and lists."""

from __future__ import annotations

from api.shared.schemas import FLAG, ID, INSTANT, INTEGER, MAYBE_INSTANT, MAYBE_TEXT, TEXT, TEXTS, Schema, fields

_KNOWN: dict[str, Schema] = {"id": ID, "version": INTEGER, "position": INTEGER}

USER = fields(
    _KNOWN
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
    _KNOWN | {"code": TEXT, "name": TEXT, "zone": MAYBE_TEXT, "registered_at": INSTANT, "deactivated_at": MAYBE_INSTANT}
)
TASK = fields(
    _KNOWN
    | {
        "status": {"enum": ["open", "completed", "cancelled"]},
        "assignee": MAYBE_TEXT,
        "about": {"anyOf": [fields({"kind": TEXT, "id": ID}), {"type": "null"}]},
        "due": MAYBE_INSTANT,
        "overdue": FLAG,
        "remind_at": MAYBE_INSTANT,
        "reminded_at": MAYBE_INSTANT,
        "created_at": INSTANT,
        "completed_at": MAYBE_INSTANT,
        "cancelled_at": MAYBE_INSTANT,
    },
    {"title": MAYBE_TEXT},
)
SAVED_VIEW = fields(
    _KNOWN
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
FIELD_DEFINITION = fields(
    _KNOWN
    | {
        "entity": TEXT,
        "key": TEXT,
        "kind": {"enum": ["text", "number", "flag", "choice", "date"]},
        "personal": FLAG,
        "name": TEXT,
        "options": TEXTS,
        "retired_at": MAYBE_INSTANT,
    }
)
WEBHOOK = fields(
    _KNOWN
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
    },
    {
        "delivered_to": INTEGER,
        "failures": INTEGER,
        "failing_since": MAYBE_INSTANT,
        "next_try": MAYBE_INSTANT,
        "last_error": MAYBE_TEXT,
    },
)
LIST = fields(_KNOWN | {"name": TEXT, "members": INTEGER, "created_at": INSTANT, "retired_at": MAYBE_INSTANT})
MEMBER = fields({"customer_id": ID, "added_at": INSTANT, "since": INTEGER})
