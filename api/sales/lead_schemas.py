"""JSON Schemas of responses about leads, deals and pipelines, and of the lead funnel report."""

from __future__ import annotations

from typing import get_args

from api.shared.figure_schemas import COUNT, SHARE, counts, distributions
from api.shared.schemas import (
    AMOUNT,
    DAY,
    ID,
    INSTANT,
    INTEGER,
    MAYBE_AMOUNT,
    MAYBE_DAY,
    MAYBE_INSTANT,
    MAYBE_OBJECT,
    MAYBE_TEXT,
    OBJECTS,
    TEXT,
    TEXTS,
    Schema,
    fields,
)
from projections.sales.lead_funnel import COUNTED, RATES, TIME_TO_CONVERT, Group

_THING: dict[str, Schema] = {
    "id": ID,
    "version": INTEGER,
    "position": INTEGER,
    "number": TEXT,
    "owner": MAYBE_TEXT,
    "team": MAYBE_TEXT,
    "irregular": INTEGER,
    "last_activity_at": INSTANT,
    "tags": TEXTS,
}
_PARTS: dict[str, Schema] = {"attachments": OBJECTS, "attributes": {"type": "object"}, "private": MAYBE_OBJECT}

LEAD = fields(
    _THING
    | {
        "customer_id": MAYBE_TEXT,
        "channel": MAYBE_TEXT,
        "origin": MAYBE_TEXT,
        "campaign_id": MAYBE_TEXT,
        "value": MAYBE_AMOUNT,
        "currency": MAYBE_TEXT,
        "status": {"enum": ["open", "qualified", "converted", "lost"]},
        "stage": MAYBE_TEXT,
        "captured_at": INSTANT,
        "captured_on": MAYBE_DAY,
        "qualified_at": MAYBE_INSTANT,
        "converted_at": MAYBE_INSTANT,
        "converted_on": MAYBE_DAY,
        "converted_value": MAYBE_AMOUNT,
        "converted_currency": MAYBE_TEXT,
        "deal_id": MAYBE_TEXT,
        "order_id": MAYBE_TEXT,
        "lost_at": MAYBE_INSTANT,
        "lost_reason": MAYBE_TEXT,
        "erased_at": MAYBE_INSTANT,
    },
    _PARTS,
)
DEAL = fields(
    _THING
    | {
        "customer_id": ID,
        "lead_id": MAYBE_TEXT,
        "pipeline": TEXT,
        "stage": TEXT,
        "staged_at": INSTANT,
        "amount": MAYBE_AMOUNT,
        "currency": MAYBE_TEXT,
        "expected_close": MAYBE_DAY,
        "status": {"enum": ["open", "won", "lost"]},
        "opened_at": INSTANT,
        "opened_on": MAYBE_DAY,
        "won_at": MAYBE_INSTANT,
        "won_on": MAYBE_DAY,
        "order_id": MAYBE_TEXT,
        "lost_at": MAYBE_INSTANT,
        "lost_reason": MAYBE_TEXT,
    },
    _PARTS,
)
PIPELINE = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "code": TEXT,
        "name": TEXT,
        "stages": {"type": "array", "items": fields({"code": TEXT, "name": TEXT, "probability": AMOUNT})},
        "defined_at": INSTANT,
    }
)
_FUNNEL_MEASURES = counts(COUNTED) | dict.fromkeys(RATES, SHARE) | distributions([TIME_TO_CONVERT])
FUNNEL_GROUP = fields(
    {
        "group": fields({}, dict.fromkeys(get_args(Group), MAYBE_TEXT)),
        # Beside these, amounts by currency, such as `won_value:EUR`.
        "measures": fields(_FUNNEL_MEASURES) | {"additionalProperties": COUNT},
    }
)
LEAD_FUNNEL = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "by": TEXTS,
        "definition": TEXT,
        "position": INTEGER,
        "total": FUNNEL_GROUP,
        "groups": {"type": "array", "items": FUNNEL_GROUP},
    }
)
