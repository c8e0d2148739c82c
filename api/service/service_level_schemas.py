"""JSON Schemas of responses about service calendars, SLA policies and the service levels of tickets."""

from __future__ import annotations

from typing import get_args

from api.shared.figure_schemas import MEAN, SHARE, counts
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
    TEXT,
    TEXTS,
    fields,
)
from domain.service.sla_policy import METRICS
from projections.service.service_level_report import VERDICTS, Group
from projections.service.ticket_backlog import MEANINGS
from projections.shared.reports import PERIODS

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
SERVICE_LEVELS_MEASURES = counts(("tickets", "without_policy"))
ATTAINMENTS = {f"{metric}_attainment": SHARE for metric in METRICS} | counts(
    f"{metric}_{verdict}" for metric in METRICS for verdict in VERDICTS
)
SERVICE_LEVELS_GROUP = fields(
    {
        "group": fields({}, dict.fromkeys(get_args(Group), MAYBE_TEXT)),
        "measures": fields(SERVICE_LEVELS_MEASURES, ATTAINMENTS),
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
FLOW_MEASURES = counts(MEANINGS) | {"mean_age": MEAN}
FLOW = fields({"group": fields({}, dict.fromkeys(PERIODS, DAY)), "measures": fields(FLOW_MEASURES)})
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
