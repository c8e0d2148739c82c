"""JSON Schemas of answers about interactions and feedback."""

from __future__ import annotations

from api.service.service_level_schemas import FLOW, SERVICE_LEVELS_GROUP
from api.service.ticket_schemas import TIMES_GROUP
from api.shared.schemas import (
    DAY,
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
    Schema,
    fields,
    maybe,
    without,
)

MAYBE_OBJECT: Schema = {"type": ["object", "null"]}
MAYBE_INTEGER: Schema = {"type": ["integer", "null"]}

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
        "thread_id": MAYBE_TEXT,
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
    {"private": MAYBE_OBJECT},
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
DURATION = fields({"count": INTEGER, "unit": TEXT, "mean": RATIO, "p50": MAYBE_TEXT, "p90": MAYBE_TEXT, "p95": MAYBE_TEXT})
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
SERVICE_GROUP = fields(
    {
        "group": {"type": "object", "additionalProperties": MAYBE_TEXT},
        "feedback": maybe(FEEDBACK_FIGURES),
        "tickets": maybe(without(TIMES_GROUP, "group")),
        "service_levels": maybe(without(SERVICE_LEVELS_GROUP, "group")),
        "backlog": maybe(without(FLOW, "period")),
    }
)
SERVICE = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "clock": TEXT,
        "by": TEXTS,
        "definition": TEXT,
        "position": INTEGER,
        "total": SERVICE_GROUP,
        "groups": {"type": "array", "items": SERVICE_GROUP},
    }
)
