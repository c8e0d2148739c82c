"""JSON Schemas of reports that compare the variants of a campaign."""

from __future__ import annotations

from api.shared.schemas import AMOUNT, FIGURE, ID, INTEGER, MAYBE_INTEGER, MAYBE_TEXT, TEXT, fields, group_of
from projections.marketing import campaign_variants
from projections.marketing.campaign_lift import COMPARED, MEASURES

_ARM = {"variant": TEXT, "currency": MAYBE_TEXT}
_VERDICT = fields({"verdict": MAYBE_TEXT, "reason": MAYBE_TEXT})
_LIFT = group_of(_ARM, MEASURES)["properties"]
CAMPAIGN_LIFT_GROUP = fields({**_LIFT, "verdicts": fields(dict.fromkeys(COMPARED, _VERDICT))})
CAMPAIGN_LIFT = fields(
    {
        "campaign_id": ID,
        "campaign": TEXT,
        "control": TEXT,
        "covariate": MAYBE_TEXT,
        "attribution_window_days": MAYBE_INTEGER,
        "confidence": AMOUNT,
        "tau": AMOUNT,
        "tau_from": {"enum": ["plan", "default"]},
        "zone": TEXT,
        "definition": TEXT,
        "position": INTEGER,
        "sample_ratio": FIGURE,
        "groups": {"type": "array", "items": CAMPAIGN_LIFT_GROUP},
    }
)
CAMPAIGN_VARIANT = group_of(_ARM, campaign_variants.MEASURES)
CAMPAIGN_VARIANTS = fields(
    {
        "campaign_id": ID,
        "campaign": TEXT,
        "attribution_window_days": MAYBE_INTEGER,
        "members": INTEGER,
        "seed": INTEGER,
        "definition": TEXT,
        "position": INTEGER,
        "sample_ratio": FIGURE,
        "groups": {"type": "array", "items": CAMPAIGN_VARIANT},
    }
)
