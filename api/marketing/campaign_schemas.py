"""JSON Schemas of responses about campaigns, their members and their effect."""

from __future__ import annotations

from typing import get_args

from api.shared.schemas import (
    AMOUNT,
    FLAG,
    ID,
    INSTANT,
    INTEGER,
    MAYBE_AMOUNT,
    MAYBE_DAY,
    MAYBE_INSTANT,
    MAYBE_INTEGER,
    MAYBE_TEXT,
    OBJECTS,
    RATIO,
    TEXT,
    TEXTS,
    Schema,
    fields,
    group_of,
)
from projections.marketing.campaign_effect_figures import MEANS, MEASURES
from projections.marketing.member_book import Stage


def _each(item: Schema) -> Schema:
    return {"type": "array", "items": item}


CAMPAIGN = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "name": TEXT,
        "status": TEXT,
        "status_since": MAYBE_INSTANT,
        "owner": MAYBE_TEXT,
        "team": MAYBE_TEXT,
        "goal": {"type": ["object", "null"]},
        "channels": TEXTS,
        "starts": MAYBE_DAY,
        "ends": MAYBE_DAY,
        "budget": MAYBE_AMOUNT,
        "currency": MAYBE_TEXT,
        "holdout_share": MAYBE_AMOUNT,
        "attribution_window_days": MAYBE_INTEGER,
        "expected_conversion_difference": MAYBE_AMOUNT,
        "variants": OBJECTS,
        "tags": TEXTS,
        "attributes": {"type": "object"},
        "planned_at": INSTANT,
        "planned_on": MAYBE_DAY,
        "irregular": INTEGER,
        "spend": _each(fields({"currency": TEXT, "category": MAYBE_TEXT, "amount": AMOUNT})),
        "resources": _each(fields({"kind": TEXT, "code": TEXT, "share": MAYBE_AMOUNT, "assigned": FLAG, "since": INSTANT})),
        "milestones": _each(fields({"milestone_id": TEXT, "due": MAYBE_DAY, "reached_at": MAYBE_INSTANT})),
        "progress": fields({"milestones": RATIO, "budget": RATIO}, {"days": RATIO, "goal": RATIO}),
    },
    {"private": {"type": "object"}},
)
_MEMBER: dict[str, Schema] = {
    "id": ID,
    "version": INTEGER,
    "position": INTEGER,
    "campaign_id": ID,
    "customer_id": MAYBE_TEXT,
    "lead_id": MAYBE_TEXT,
    "variant": MAYBE_TEXT,
    "started_at": INSTANT,
    "started_on": MAYBE_DAY,
    **{f"{stage}_at": MAYBE_INSTANT for stage in (*get_args(Stage), "converted", "removed")},
    "value": {"type": "object", "additionalProperties": AMOUNT},
    "irregular": INTEGER,
}
MEMBER = fields(_MEMBER)


def member_in(currency: str | None) -> Schema:
    """A member of a campaign in this currency; values can be in other currencies too."""
    declared = {} if currency is None else {currency: AMOUNT}
    return fields(_MEMBER | {"value": {**_MEMBER["value"], "properties": declared}})


_TOUCH = fields({"kind": TEXT, "at": INSTANT, "on": MAYBE_DAY, "position": INTEGER})
_CONVERSION = fields(
    {
        "conversion_id": TEXT,
        "order_id": MAYBE_TEXT,
        "currency": MAYBE_TEXT,
        "value": MAYBE_AMOUNT,
        "at": INSTANT,
        "on": MAYBE_DAY,
        "days_after": MAYBE_INTEGER,
        "position": INTEGER,
    }
)
MEMBER_IN_FULL = fields(_MEMBER | {"touches": _each(_TOUCH), "conversions": _each(_CONVERSION)})
CAMPAIGN_EFFECT_GROUP = group_of(
    {
        "campaign_id": ID,
        "campaign": TEXT,
        "attribution_window_days": MAYBE_INTEGER,
        "variant": MAYBE_TEXT,
        "currency": MAYBE_TEXT,
    },
    MEASURES,
)
CAMPAIGN_EFFECT = fields(
    {
        "from": MAYBE_DAY,
        "to": MAYBE_DAY,
        "zone": TEXT,
        "by": TEXT,
        "margin": AMOUNT,
        "definition": TEXT,
        "position": INTEGER,
        "groups": _each(CAMPAIGN_EFFECT_GROUP),
        "means": _each(group_of({"currency": MAYBE_TEXT}, MEANS)),
    }
)
