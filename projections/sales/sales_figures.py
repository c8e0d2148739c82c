"""The figures of sums of sales, which several reports have: their names, units and definitions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from domain.shared.money import from_minor_units, zero
from projections.sales.order_book import Figures
from projections.shared.figures import Figure, counted, summed
from projections.shared.ratios import ratio

ORDERS = "orders placed in this currency; cancelled and unpaid ones count, test orders do not"
GOODS = {
    "gross": "price × quantity before discounts, tax, shipping and returns",
    "discounts": "discounts on lines and on whole orders, without tax",
    "returns": "net of the goods that came back or were cancelled, on the day of the return or cancellation",
    "net": "gross - discounts - returns",
}
"""Amounts of goods, without tax."""
AMOUNTS = {
    **GOODS,
    "tax": "tax on goods and charges, without that of what came back or was cancelled",
    "charges": "shipping and other charges, without tax and without what was refunded of them",
    "total": "net + tax + charges",
    "captured": "payments captured, on the day of the payment",
    "refunded": "payments refunded, on the day of the refund",
    "charged_back": "payments charged back, on the day of the chargeback",
    "cash_net": "captured - refunded - charged_back",
}
MEASURES = ("orders", *AMOUNTS, "average_order")


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one group; `channel` or `period` (its first day) is None where the report does not group by it."""

    channel: str | None
    period: date | None
    currency: str
    orders: int
    gross: Decimal
    discounts: Decimal
    returns: Decimal
    net: Decimal
    tax: Decimal
    charges: Decimal
    total: Decimal
    captured: Decimal
    refunded: Decimal
    charged_back: Decimal
    cash_net: Decimal

    @classmethod
    def nothing(cls, channel: str | None, period: date | None, currency: str) -> Sales:
        """No sales, also in a currency that is not known."""
        return cls(channel=channel, period=period, currency=currency, orders=0, **dict.fromkeys(AMOUNTS, zero(currency)))

    @classmethod
    def of(cls, channel: str | None, period: date | None, currency: str, orders: int, sums: Figures) -> Sales:
        """Sales with these sums, which are in minor units."""
        amounts = {name: from_minor_units(value, currency) for name, value in sums._asdict().items()}
        net = from_minor_units(sums.net, currency)
        return cls(
            channel=channel,
            period=period,
            currency=currency,
            orders=orders,
            **amounts,
            net=net,
            total=net + amounts["tax"] + amounts["charges"],
            cash_net=amounts["captured"] - amounts["refunded"] - amounts["charged_back"],
        )


def measures(of: Sales) -> dict[str, Figure]:
    """The figures of MEASURES."""
    return {
        "orders": counted(of.orders, "orders", ORDERS),
        **{name: summed(getattr(of, name), of.currency, definition) for name, definition in AMOUNTS.items()},
        "average_order": average_order(of.gross - of.discounts, of.orders, of.currency),
    }


def average_order(sold: Decimal, orders: int, currency: str) -> Figure:
    return ratio(sold, orders, currency, "(gross - discounts) / orders placed", "no order was placed")
