"""JSON Schemas of responses about orders."""

from __future__ import annotations

from api.shared.schemas import AMOUNT, FLAG, ID, INSTANT, INTEGER, MAYBE_DAY, MAYBE_TEXT, OBJECTS, TEXT, TEXTS, fields

AMOUNTS = ("gross", "discounts", "returns", "tax", "charges", "captured", "refunded", "charged_back", "net", "total")
ORDER = fields(
    {
        "id": ID,
        "version": INTEGER,
        "position": INTEGER,
        "number": TEXT,
        "customer_id": MAYBE_TEXT,
        "channel": TEXT,
        "owner": MAYBE_TEXT,
        "team": MAYBE_TEXT,
        "currency": TEXT,
        "order_status": TEXT,
        "payment_status": TEXT,
        "fulfilment_status": TEXT,
        "return_status": TEXT,
        "placed_at": INSTANT,
        "placed_on": MAYBE_DAY,
        "irregular": INTEGER,
        "test": FLAG,
        "tags": TEXTS,
        "attributes": {"type": "object"},
        "prices_include_tax": FLAG,
        "campaign_id": MAYBE_TEXT,
        "lead_id": MAYBE_TEXT,
        "deal_id": MAYBE_TEXT,
        **dict.fromkeys(AMOUNTS, AMOUNT),
    },
    {
        "lines": OBJECTS,
        "order_discounts": OBJECTS,
        "other_charges": OBJECTS,
        "cancelled": {"type": "object"},
        "money": {"type": "object"},
        "shipments": {"type": "object"},
        "returned": {"type": "object"},
        "returns_requested": TEXTS,
        "private": {"type": ["object", "null"]},
    },
)
