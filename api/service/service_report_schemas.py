"""JSON Schemas of the service report."""

from __future__ import annotations

from typing import get_args

from api.customers.feedback_schemas import FEEDBACK_FIGURES
from api.service.service_level_schemas import FLOW, SERVICE_LEVELS_GROUP
from api.service.ticket_schemas import TIMES_GROUP
from api.shared.schemas import DAY, INTEGER, MAYBE_TEXT, TEXT, TEXTS, fields, maybe, without
from projections.customers.feedback_report import Group

SERVICE_GROUP = fields(
    {
        "group": fields({}, dict.fromkeys(get_args(Group), MAYBE_TEXT)),
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
