"""JSON Schemas of responses about a customer's relations and about the purchases of related customers together."""

from __future__ import annotations

from api.shared.schemas import AMOUNT, FLAG, ID, INTEGER, MAYBE_DAY, MAYBE_TEXT, TEXT, fields

RELATION = fields(
    {
        "customer_id": ID,
        "relation_id": ID,
        "who": ID,
        "role": TEXT,
        "whom": ID,
        "related": fields({"id": ID, "kind": MAYBE_TEXT}, {"name": MAYBE_TEXT}),
        "primary": FLAG,
        "since": MAYBE_DAY,
        "until": MAYBE_DAY,
        "position": INTEGER,
    },
    {"title": MAYBE_TEXT},
)
_SUMS = fields({"orders": INTEGER, "gross": AMOUNT, "refunded": AMOUNT, "net": AMOUNT})
TOTALS_GROUP = fields({"currency": TEXT, "own": _SUMS, "related": _SUMS, "together": _SUMS})
TOTALS = fields(
    {
        "customer_id": ID,
        "role": TEXT,
        "people": INTEGER,
        "definition": TEXT,
        "position": INTEGER,
        "groups": {"type": "array", "items": TOTALS_GROUP},
    }
)
