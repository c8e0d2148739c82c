"""JSON Schemas of responses about feedback."""

from __future__ import annotations

from api.shared.figure_schemas import SCORE, SHARE, counts, distributions
from api.shared.schemas import (
    ID,
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
from projections.customers.feedback_report import DURATIONS
from projections.customers.feedback_scores import COUNTED

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
FEEDBACK_MEASURES = counts(COUNTED) | {"csat": SHARE, "nps": SCORE, "response_rate": SHARE} | distributions(DURATIONS)
