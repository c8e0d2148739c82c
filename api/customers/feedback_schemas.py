"""JSON Schemas of responses about feedback."""

from __future__ import annotations

from api.shared.schemas import (
    ID,
    INTEGER,
    MAYBE_AMOUNT,
    MAYBE_DAY,
    MAYBE_INSTANT,
    MAYBE_INTEGER,
    MAYBE_OBJECT,
    MAYBE_TEXT,
    OBJECTS,
    RATIO,
    TEXT,
    TEXTS,
    fields,
)

FEEDBACK = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "customer_id": MAYBE_TEXT,
        "status": {"enum": ["requested", "submitted", "acknowledged", "resolved", "dismissed"]},
        "kind": TEXT,
        "channel": MAYBE_TEXT,
        "agent": MAYBE_TEXT,
        "owner": MAYBE_TEXT,
        "team": MAYBE_TEXT,
        "score": MAYBE_INTEGER,
        "scale_min": MAYBE_INTEGER,
        "scale_max": MAYBE_INTEGER,
        "requested_at": MAYBE_INSTANT,
        "requested_on": MAYBE_DAY,
        "submitted_at": MAYBE_INSTANT,
        "submitted_on": MAYBE_DAY,
        "acknowledged_at": MAYBE_INSTANT,
        "resolved_at": MAYBE_INSTANT,
        "ended_at": MAYBE_INSTANT,
        "end_code": MAYBE_TEXT,
        "irregular": INTEGER,
        "tags": TEXTS,
        "about": OBJECTS,
        "attachments": OBJECTS,
        "attributes": {"type": "object"},
        "actions": OBJECTS,
    },
    {"private": MAYBE_OBJECT},
)
DURATION = fields(
    {"count": INTEGER, "unit": TEXT, "mean": RATIO, "p50": MAYBE_AMOUNT, "p90": MAYBE_AMOUNT, "p95": MAYBE_AMOUNT}
)
FEEDBACK_FIGURES = fields(
    {
        "submitted": INTEGER,
        "complaints": INTEGER,
        "praise": INTEGER,
        "suggestions": INTEGER,
        "csat": RATIO,
        "csat_on_other_scales": INTEGER,
        "nps": RATIO,
        "promoters": INTEGER,
        "passives": INTEGER,
        "detractors": INTEGER,
        "ces": {"type": "array", "items": fields({"scale_min": INTEGER, "scale_max": INTEGER, "mean": RATIO})},
        "response_rate": RATIO,
        "acknowledgement": DURATION,
        "resolution": DURATION,
        "resolved": INTEGER,
        "dismissed": INTEGER,
        "open": INTEGER,
        "unacknowledged": INTEGER,
    }
)
