"""JSON Schemas of the reports on sales and buyers."""

from __future__ import annotations

from api.shared.figure_schemas import QUOTIENT, SHARE, counts
from api.shared.schemas import DAY, INTEGER, MAYBE_TEXT, TEXT, TEXTS, Schema, fields
from projections.sales import buyers
from projections.sales.sales_figures import AMOUNTS
from projections.sales.sales_report import COUNTED, QUOTIENTS
from projections.shared.reports import PERIODS

SALES_MEASURES = counts(("orders", *AMOUNTS)) | {"average_order": QUOTIENT}
CHANNEL_SALES_GROUP = fields(
    {
        "group": fields({"currency": TEXT}, {"channel": TEXT, **dict.fromkeys(PERIODS, DAY)}),
        "measures": fields(SALES_MEASURES),
    }
)
_NAMED = fields({"name": MAYBE_TEXT}) | {
    "description": "What the product is called, if `by` has `product`. Of several names, the alphabetically last one."
}
SALES_GROUP: Schema = {
    "type": "object",
    "required": ["group", "measures"],
    "properties": {
        "group": fields(
            {"currency": TEXT},
            dict.fromkeys(PERIODS, DAY) | {"channel": TEXT, "product": MAYBE_TEXT, "category": MAYBE_TEXT},
        ),
        "product": _NAMED,
        "measures": fields(counts(COUNTED) | dict.fromkeys(QUOTIENTS, QUOTIENT)),
    },
}
BUYERS_GROUP = fields(
    {
        "group": fields(
            {"currency": TEXT, "buyer": {"enum": list(buyers.BUYERS)}}, {"channel": TEXT} | dict.fromkeys(PERIODS, DAY)
        ),
        "measures": fields(counts(("customers", "orders", *buyers.AMOUNTS)) | {"share_of_orders": QUOTIENT}),
    }
)
COHORT = fields(
    {
        "group": fields({"cohort": DAY, "months_since": INTEGER, "currency": TEXT}),
        "measures": fields(counts(("size", "customers", "orders", "net")) | {"retention": SHARE}),
    }
)


def report_of(group: Schema) -> Schema:
    """A report with groups of this schema."""
    common = {"from": DAY, "to": DAY, "zone": TEXT, "by": TEXTS, "definition": TEXT, "position": INTEGER}
    return fields(common | {"groups": {"type": "array", "items": group}})


def pages_of(group: Schema) -> Schema:
    """A page of a report with groups of this schema."""
    paged = report_of(group)
    return paged | {"required": [*paged["required"], "next"], "properties": paged["properties"] | {"next": MAYBE_TEXT}}
