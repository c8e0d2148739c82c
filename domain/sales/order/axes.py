"""The four status axes of an order, computed from plain numbers, so that decisions and read models agree."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

OrderStatus = Literal["open", "confirmed", "completed", "cancelled"]
PaymentStatus = Literal[
    "unpaid",
    "authorized",
    "partially_paid",
    "paid",
    "overpaid",
    "partially_refunded",
    "refunded",
    "voided",
    "charged_back",
]
FulfilmentStatus = Literal["unfulfilled", "partially_shipped", "shipped", "partially_delivered", "delivered"]
ReturnStatus = Literal["none", "requested", "partially_returned", "returned"]


def order_status(confirmed: bool, ended: Literal["completed", "cancelled"] | None) -> OrderStatus:
    """`ended` is the latest end, None if the order was reopened since."""
    return ended or ("confirmed" if confirmed else "open")


def payment_status(
    total: Decimal,
    *,
    authorised: Decimal = Decimal(0),
    captured: Decimal = Decimal(0),
    refunded: Decimal = Decimal(0),
    charged_back: Decimal = Decimal(0),
    voided: bool = False,
) -> PaymentStatus:
    """All amounts exclude reversals; `authorised` also excludes authorisations that were captured, voided or failed.

    An order with a total of zero is paid. A cancelled order keeps its payment status until the money is refunded.
    """
    if charged_back > 0:
        return "charged_back"
    if refunded > 0:
        return "refunded" if refunded >= captured else "partially_refunded"
    if captured > 0:
        return "paid" if captured == total else "partially_paid" if captured < total else "overpaid"
    if authorised > 0:
        return "authorized"
    if total == 0:
        return "paid"
    return "voided" if voided else "unpaid"


def fulfilment_status(lines: Iterable[tuple[Decimal, Decimal, Decimal]]) -> FulfilmentStatus:
    """Each line has the quantities due (ordered less cancelled), shipped (without cancelled shipments) and delivered."""
    quantities = list(lines)
    if any(delivered > 0 for _, _, delivered in quantities):
        return "delivered" if all(delivered >= due for due, _, delivered in quantities) else "partially_delivered"
    if any(shipped > 0 for _, shipped, _ in quantities):
        return "shipped" if all(shipped >= due for due, shipped, _ in quantities) else "partially_shipped"
    return "unfulfilled"


def return_status(requested: bool, lines: Iterable[tuple[Decimal, Decimal]]) -> ReturnStatus:
    """Each line has the quantities due and returned. `requested` says whether a requested return is still undecided."""
    quantities = list(lines)
    if any(returned > 0 for _, returned in quantities):
        return "returned" if all(returned >= due for due, returned in quantities) else "partially_returned"
    return "requested" if requested else "none"
