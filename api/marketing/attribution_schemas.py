"""JSON Schemas of the attribution report's answers."""

from __future__ import annotations

from api.shared.schemas import AMOUNT, DAY, FIGURE, INTEGER, MAYBE_TEXT, TEXT, fields, group_of
from projections.marketing.attribution import MEASURES, REMOVAL, TOTALS

ATTRIBUTION_GROUP = fields(
    {
        "group": fields({}, {"channel": TEXT, "campaign_id": MAYBE_TEXT, "campaign": MAYBE_TEXT}),
        "measures": fields(dict.fromkeys(MEASURES, FIGURE), {REMOVAL: FIGURE}),
    }
)
ATTRIBUTION = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "model": TEXT,
        "by": TEXT,
        "window_days": INTEGER,
        "half_life_days": AMOUNT,
        "value": TEXT,
        "currency": MAYBE_TEXT,
        "definition": TEXT,
        "position": INTEGER,
        "total": group_of({}, TOTALS),
        "groups": {"type": "array", "items": ATTRIBUTION_GROUP},
    }
)
