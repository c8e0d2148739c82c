"""JSON Schemas of responses about channels, their days, touchpoints and the channel effect report."""

from __future__ import annotations

from api.sales.sales_schemas import SALES_MEASURES
from api.shared.figure_schemas import COUNT, QUOTIENT, RATE, SHARE, counts
from api.shared.schemas import (
    DAY,
    ID,
    INSTANT,
    INTEGER,
    MAYBE_AMOUNT,
    MAYBE_DAY,
    MAYBE_INSTANT,
    MAYBE_INTEGER,
    MAYBE_TEXT,
    TEXT,
    TEXTS,
    fields,
)
from projections.marketing import channel_effect_figures as figures
from projections.marketing.channel_traffic import COUNTS
from projections.shared.reports import PERIODS

_COUNTS = dict.fromkeys(COUNTS, MAYBE_INTEGER)

CHANNEL = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "code": TEXT,
        "name": TEXT,
        "kind": TEXT,
        "opened_at": INSTANT,
        "closed_at": MAYBE_INSTANT,
    }
)
CHANNEL_DAY = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "channel": TEXT,
        "date": DAY,
        "source": TEXT,
        **_COUNTS,
        "cost": MAYBE_AMOUNT,
        "currency": MAYBE_TEXT,
    }
)
TOUCHPOINT = fields(
    {
        "id": ID,
        "position": INTEGER,
        "channel": TEXT,
        "kind": TEXT,
        "customer_id": MAYBE_TEXT,
        "lead_id": MAYBE_TEXT,
        "campaign_id": MAYBE_TEXT,
        "occurred_at": INSTANT,
        "occurred_on": MAYBE_DAY,
    },
    {"utm": {"type": ["object", "null"]}, "private": {"type": ["object", "null"]}},
)
_CHANNEL_EFFECT = (
    counts(COUNTS)
    | SALES_MEASURES
    | counts(figures.PEOPLE)
    | {"conversion_rate": RATE, "lead_conversion_rate": SHARE, "cost": COUNT}
    | dict.fromkeys(figures.QUOTIENTS, QUOTIENT)
)
_DESCRIBED = fields({"name": MAYBE_TEXT, "kind": MAYBE_TEXT, "closed_at": MAYBE_INSTANT}) | {
    "description": "The channel as it is now; all null if no channel was ever opened under this code."
}
CHANNEL_EFFECT_GROUP = fields(
    {
        "group": fields({"channel": TEXT, "currency": TEXT}, dict.fromkeys(PERIODS, DAY)),
        "channel": _DESCRIBED,
        "measures": fields(_CHANNEL_EFFECT),
    }
)
_MEAN = fields(
    {
        "group": fields({"currency": TEXT}, dict.fromkeys(PERIODS, DAY)),
        "measures": fields({"seed_channel_effect": QUOTIENT, "without_rate": COUNT}),
    }
)
CHANNEL_EFFECT = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "by": TEXTS,
        "conversion": TEXT,
        "definition": TEXT,
        "position": INTEGER,
        "groups": {"type": "array", "items": CHANNEL_EFFECT_GROUP},
        "means": {"type": "array", "items": _MEAN},
    }
)
