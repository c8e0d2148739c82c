"""Request bodies of commands on an order's money, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.shared.fields import Body, Code, CommandBody, DecimalText, Line, Number, TheirCode
from domain.sales.order.state import MoneyFact
from domain.sales.order.values import RefundedLine
from domain.shared.ids import new_id

OwnId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w][\w.:+-]*$")]
"""An id that the caller may give, such as a payment gateway's id. It fits into a path."""
GivenOrDrawn = Annotated[
    OwnId | None, Field(description="Your own id, such as a UUID or the gateway's id; generated if absent.")
]


class MoneyBody(CommandBody):
    """An amount in the order's currency, and how it was paid. `reference` is personal data, such as a card's last digits."""

    amount: DecimalText
    method: TheirCode | None = None
    gateway: TheirCode | None = None
    reference: Line | None = None


class PaymentBody(MoneyBody):
    """The same payment again changes nothing; with other values it is refused."""

    payment_id: GivenOrDrawn = None

    model_config = {
        "json_schema_extra": {
            "examples": [{"payment_id": "pay_8x2", "amount": "29.90", "method": "card", "gateway": "adyen"}],
        }
    }

    def facts(self) -> dict[str, Any]:
        return self.named() | {"payment_id": self.payment_id or str(new_id())}


class FailureBody(MoneyBody):
    """`reason` is a code."""

    reason: Code | None = None


class ChargebackBody(FailureBody):
    model_config = {"json_schema_extra": {"examples": [{"amount": "29.90", "method": "card", "reason": "fraud"}]}}


class ReversalBody(CommandBody):
    """A reversal of the whole amount. `reason` is a code."""

    fact: MoneyFact
    reason: Code | None = None
    reference: Line | None = None

    def facts(self) -> dict[str, Any]:
        return self.named() | {"fact": self.fact}


class PaymentReversalBody(ReversalBody):
    """`fact` is the part of the payment to reverse."""

    fact: Literal["authorisation", "capture", "chargeback"] = "capture"


class RefundReversalBody(ReversalBody):
    fact: Literal["refund"] = "refund"


class RefundedLineBody(Body):
    """`amount` is the money paid back for the line; `tax` is the part of it that is tax."""

    line_id: Number
    quantity: DecimalText
    amount: DecimalText
    tax: DecimalText | None = None

    def stated(self) -> RefundedLine:
        return RefundedLine(**self.named(*(() if self.tax is not None else ("tax",))))


class RefundBody(MoneyBody):
    """`amount` is all money paid back, including `shipping_amount` for shipping; `reason` is a code."""

    refund_id: GivenOrDrawn = None
    payment_id: Number | None = None
    return_id: Number | None = None
    lines: Annotated[list[RefundedLineBody], Field(max_length=1000)] = []
    shipping_amount: DecimalText | None = None
    reason: Code | None = None

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "amount": "12.50",
                    "payment_id": "pay_8x2",
                    "return_id": "ret-1",
                    "lines": [{"line_id": "1", "quantity": "1", "amount": "12.50", "tax": "0.82"}],
                    "reason": "returned",
                }
            ]
        }
    }

    def facts(self) -> dict[str, Any]:
        """A null `shipping_amount` counts as absent."""
        apart = () if self.shipping_amount is not None else ("shipping_amount",)
        return self.named(*apart) | {"refund_id": self.refund_id or str(new_id())}
