"""JSON Schemas of the service report."""

from __future__ import annotations

from typing import get_args

from api.customers.feedback_schemas import FEEDBACK_MEASURES
from api.service.service_level_schemas import ATTAINMENTS, FLOW_MEASURES, SERVICE_LEVELS_MEASURES
from api.service.ticket_schemas import TIMES_MEASURES
from api.shared.figure_schemas import SCORE
from api.shared.schemas import DAY, INTEGER, MAYBE_TEXT, TEXT, TEXTS, fields
from projections.customers.feedback_report import Group
from projections.service.service_report import PARTS

_OF_PARTS = (FEEDBACK_MEASURES, TIMES_MEASURES, SERVICE_LEVELS_MEASURES | ATTAINMENTS, FLOW_MEASURES)
_MEASURES = {f"{part}_{name}": schema for part, of in zip(PARTS, _OF_PARTS, strict=True) for name, schema in of.items()}
SERVICE_GROUP = fields(
    {
        "group": fields({}, dict.fromkeys(get_args(Group), MAYBE_TEXT)),
        "measures": fields({}, _MEASURES | {f"feedback_ces_{scale}": SCORE for scale in ("1_to_5", "1_to_7")}),
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
