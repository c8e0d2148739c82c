"""JSON Schemas of responses about channels, their days, touchpoints and the channel effect report."""

from __future__ import annotations

from api.shared.schemas import (
    AMOUNT,
    DAY,
    ID,
    INSTANT,
    INTEGER,
    MAYBE_AMOUNT,
    MAYBE_DAY,
    MAYBE_INSTANT,
    MAYBE_INTEGER,
    MAYBE_TEXT,
    RATIO,
    TEXT,
    TEXTS,
    fields,
)

_COUNTS = dict.fromkeys(("visits", "visitors", "impressions", "clicks"), MAYBE_INTEGER)
_SALES = ("gross", "discounts", "returns", "net", "tax", "charges", "total", "captured", "refunded", "charged_back", "cash_net")

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
CHANNEL_EFFECT_GROUP = fields(
    {
        "channel": TEXT,
        "name": MAYBE_TEXT,
        "kind": MAYBE_TEXT,
        "closed_at": MAYBE_INSTANT,
        "period": MAYBE_DAY,
        "currency": TEXT,
        **_COUNTS,
        "orders": INTEGER,
        **dict.fromkeys(_SALES, AMOUNT),
        "average_order": RATIO,
        "leads": INTEGER,
        "converted_leads": INTEGER,
        "conversion_rate": RATIO,
        "lead_conversion_rate": RATIO,
        "customers": INTEGER,
        "new_customers": INTEGER,
        "cost": MAYBE_AMOUNT,
        "acquisition_cost": RATIO,
        "lead_cost": RATIO,
        "share_of_sales": RATIO,
        "seed_channel_effect": fields(
            {
                "value": MAYBE_AMOUNT,
                "sales": AMOUNT,
                "conversion_rate": MAYBE_AMOUNT,
                "unit": TEXT,
                "definition": TEXT,
                "reason": MAYBE_TEXT,
            }
        ),
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
        "means": {
            "type": "array",
            "items": fields({"period": MAYBE_DAY, "currency": TEXT, "seed_channel_effect": RATIO, "without_rate": INTEGER}),
        },
    }
)
