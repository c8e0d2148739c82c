"""JSON Schemas of the reports on sales and buyers."""

from __future__ import annotations

from api.sales.order_schemas import AMOUNTS
from api.shared.figure_schemas import QUOTIENT, SHARE, counts
from api.shared.schemas import AMOUNT, DAY, INTEGER, MAYBE_DAY, MAYBE_TEXT, RATIO, TEXT, TEXTS, Schema, fields
from projections.sales import buyers
from projections.shared.reports import PERIODS

_GOODS = dict.fromkeys(("gross", "discounts", "returns", "net"), AMOUNT)

CHANNEL_SALES = fields(
    {
        "from": DAY,
        "to": DAY,
        "zone": TEXT,
        "by": TEXTS,
        "definition": TEXT,
        "position": INTEGER,
        "groups": {
            "type": "array",
            "items": fields(
                {
                    "channel": MAYBE_TEXT,
                    "period": MAYBE_DAY,
                    "currency": TEXT,
                    "orders": INTEGER,
                    **dict.fromkeys(AMOUNTS, AMOUNT),
                    "cash_net": AMOUNT,
                    "average_order": RATIO,
                }
            ),
        },
    }
)
SALES_GROUP = fields(
    {
        "period": MAYBE_DAY,
        "currency": TEXT,
        "channel": MAYBE_TEXT,
        "product": MAYBE_TEXT,
        "name": MAYBE_TEXT,
        "category": MAYBE_TEXT,
        "orders": INTEGER,
        "units": AMOUNT,
        "units_returned": AMOUNT,
        **_GOODS,
        "average_order": RATIO,
        "average_price": RATIO,
        "return_rate": RATIO,
    }
)
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
