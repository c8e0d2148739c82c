"""JSON Schemas of responses about service calendars, SLA policies and the service levels of tickets."""

from __future__ import annotations

from typing import get_args

from api.shared.schemas import (
    DAY,
    FLAG,
    ID,
    INSTANT,
    INTEGER,
    MAYBE_INSTANT,
    MAYBE_OBJECT,
    MAYBE_TEXT,
    OBJECTS,
    RATIO,
    TEXT,
    TEXTS,
    fields,
)
from domain.service.sla_policy import METRICS
from projections.service.service_level_report import Group

CALENDAR = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "code": TEXT,
        "since": INSTANT,
        "zone": TEXT,
        "hours": OBJECTS,
        "holidays": OBJECTS,
        "teams": TEXTS,
    }
)
POLICY = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "code": TEXT,
        "since": INSTANT,
        "retired_at": MAYBE_INSTANT,
        "order": INTEGER,
        "conditions": OBJECTS,
        "targets": OBJECTS,
    }
)
TICKET = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "calendar": MAYBE_TEXT,
        "policy": MAYBE_OBJECT,
        "targets": {
            "type": "array",
            "items": fields(
                {
                    "metric": TEXT,
                    "seconds": INTEGER,
                    "hours": TEXT,
                    "verdict": {"enum": ["met", "breached", "undecided", None]},
                    "due": MAYBE_INSTANT,
                    "waits": {
                        "type": "array",
                        "items": fields(
                            {"from": INSTANT, "to": MAYBE_INSTANT, "due": MAYBE_INSTANT, "over": FLAG, "verdict": TEXT}
                        ),
                    },
                }
            ),
        },
    }
)
ATTAINMENT = fields({"attainment": RATIO, "met": INTEGER, "breached": INTEGER, "undecided": INTEGER})
SERVICE_LEVELS_GROUP = fields(
    {
        "group": fields({}, dict.fromkeys(get_args(Group), MAYBE_TEXT)),
        "tickets": INTEGER,
        "without_policy": INTEGER,
        "metrics": fields({}, dict.fromkeys(METRICS, ATTAINMENT)),
    }
)
SERVICE_LEVELS = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "by": TEXTS,
        "definition": TEXT,
        "position": INTEGER,
        "total": SERVICE_LEVELS_GROUP,
        "groups": {"type": "array", "items": SERVICE_LEVELS_GROUP},
    }
)
FLOW = fields(
    {"period": DAY, "opened": INTEGER, "reopened": INTEGER, "finished": INTEGER, "backlog": INTEGER, "mean_age": RATIO}
)
BACKLOG = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "by": TEXT,
        "definition": TEXT,
        "position": INTEGER,
        "groups": {"type": "array", "items": FLOW},
    }
)
