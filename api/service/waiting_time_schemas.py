"""JSON Schemas of the waiting times report."""

from __future__ import annotations

from typing import get_args

from api.shared.schemas import AMOUNT, DAY, FIGURE, INTEGER, MAYBE_INTEGER, MAYBE_TEXT, TEXT, TEXTS, fields
from projections.service.ticket_report import Group
from projections.service.waiting_figures import MEASURED

_POINT = fields({"seconds": AMOUNT, "share": AMOUNT, "low": AMOUNT, "high": AMOUNT, "at_risk": INTEGER})
WAITING_TIMES_GROUP = fields(
    {
        "group": fields({}, dict.fromkeys(get_args(Group), MAYBE_TEXT)) | {"additionalProperties": MAYBE_TEXT},
        "measures": fields(dict.fromkeys(MEASURED, FIGURE)),
        "curve": {"type": "array", "items": _POINT},
    }
)
WAITING_TIMES = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "measure": TEXT,
        "clock": TEXT,
        "by": TEXTS,
        "tau": MAYBE_INTEGER,
        "position": INTEGER,
        "log_rank": FIGURE,
        "total": WAITING_TIMES_GROUP,
        "groups": {"type": "array", "items": WAITING_TIMES_GROUP},
    }
)
