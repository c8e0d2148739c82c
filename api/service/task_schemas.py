"""JSON Schema of responses about tasks."""

from __future__ import annotations

from api.shared.schemas import FLAG, ID, INSTANT, KNOWN, MAYBE_INSTANT, MAYBE_TEXT, TEXT, fields

TASK = fields(
    KNOWN
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
