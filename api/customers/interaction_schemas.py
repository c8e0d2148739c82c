"""JSON Schema of responses about interactions."""

from __future__ import annotations

from api.shared.schemas import (
    ID,
    INSTANT,
    INTEGER,
    MAYBE_DAY,
    MAYBE_INSTANT,
    MAYBE_INTEGER,
    MAYBE_OBJECT,
    MAYBE_TEXT,
    OBJECTS,
    TEXT,
    TEXTS,
    fields,
)

INTERACTION = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "customer_id": MAYBE_TEXT,
        "lead_id": MAYBE_TEXT,
        "channel": TEXT,
        "direction": TEXT,
        "agent": MAYBE_TEXT,
        "owner": MAYBE_TEXT,
        "team": MAYBE_TEXT,
        "duration_seconds": MAYBE_INTEGER,
        "occurred_at": INSTANT,
        "occurred_on": MAYBE_DAY,
        "redacted_at": MAYBE_INSTANT,
        "retracted_at": MAYBE_INSTANT,
        "irregular": INTEGER,
        "tags": TEXTS,
        "about": OBJECTS,
        "attachments": OBJECTS,
        "attributes": {"type": "object"},
    },
    {"thread_id": MAYBE_TEXT, "private": MAYBE_OBJECT},
)
