"""JSON Schemas of responses about tickets and their times."""

from __future__ import annotations

from typing import get_args

from api.shared.figure_schemas import counts, distributions
from api.shared.schemas import (
    DAY,
    FLAG,
    ID,
    INSTANT,
    INTEGER,
    MAYBE_AMOUNT,
    MAYBE_DAY,
    MAYBE_INSTANT,
    MAYBE_INTEGER,
    MAYBE_OBJECT,
    MAYBE_TEXT,
    OBJECTS,
    TEXT,
    TEXTS,
    Schema,
    fields,
)
from projections.service.ticket_measures import MEASURES
from projections.service.ticket_report import COUNTED, SO_FAR, Group

POSITIONS: Schema = {"type": "array", "items": INTEGER}
STATUS: Schema = {"enum": ["new", "open", "pending", "on_hold", "solved", "closed"]}

TICKET = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "number": TEXT,
        "customer_id": MAYBE_TEXT,
        "opened_by": TEXT,
        "channel": MAYBE_TEXT,
        "category": MAYBE_TEXT,
        "priority": MAYBE_TEXT,
        "agent": MAYBE_TEXT,
        "team": MAYBE_TEXT,
        "status": STATUS,
        "status_label": MAYBE_TEXT,
        "discarded": MAYBE_TEXT,
        "merged_into": MAYBE_TEXT,
        "follow_up_of": MAYBE_TEXT,
        "parent_id": MAYBE_TEXT,
        "opened_at": INSTANT,
        "opened_on": MAYBE_DAY,
        "first_resolved_at": MAYBE_INSTANT,
        "resolved_at": MAYBE_INSTANT,
        "closed_at": MAYBE_INSTANT,
        "last_activity_at": INSTANT,
        "solutions": INTEGER,
        "reopens": INTEGER,
        "replies": INTEGER,
        "irregular": INTEGER,
        "tags": TEXTS,
        "about": OBJECTS,
        "attributes": {"type": "object"},
        "escalations": OBJECTS,
        "solution": MAYBE_TEXT,
        "sla": MAYBE_OBJECT,
        "breaches": {"type": "object"},
    },
    {"correspondence": OBJECTS, "attachments": OBJECTS, "private": MAYBE_OBJECT},
)
TIMES = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "clock": TEXT,
        "calendar": MAYBE_TEXT,
        "status": STATUS,
        "discarded": FLAG,
        "events_before_opening": INTEGER,
        "solutions": INTEGER,
        "intervals": {
            "type": "array",
            "items": fields(
                {
                    "status": STATUS,
                    "from": INSTANT,
                    "to": MAYBE_INSTANT,
                    "seconds": MAYBE_AMOUNT,
                    "from_position": INTEGER,
                    "to_position": MAYBE_INTEGER,
                }
            ),
        },
        "measures": {
            "type": "object",
            "additionalProperties": fields({"value": MAYBE_AMOUNT, "unit": TEXT, "definition": TEXT, "positions": POSITIONS}),
        },
        "so_far": {"type": ["object", "null"], "additionalProperties": TEXT},
    }
)
TIMES_MEASURES = counts(COUNTED) | distributions((*MEASURES, *SO_FAR))
TIMES_GROUP = fields(
    {
        "group": fields({}, dict.fromkeys(get_args(Group), MAYBE_TEXT)) | {"additionalProperties": MAYBE_TEXT},
        "measures": fields(TIMES_MEASURES),
    }
)
TICKET_TIMES = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "date": TEXT,
        "clock": TEXT,
        "by": TEXTS,
        "position": INTEGER,
        "total": TIMES_GROUP,
        "groups": {"type": "array", "items": TIMES_GROUP},
    }
)
