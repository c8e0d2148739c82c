"""Request bodies of commands on orders, and how they become a command's facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.shared.elsewhere import Elsewhere, Fixed
from api.shared.fields import (
    ABSENT,
    DISTINCT,
    AddressBody,
    Body,
    Code,
    CommandBody,
    Currency,
    DecimalText,
    Line,
    Number,
    Text,
    TheirCode,
)
from domain.sales.order import values

LineId = Annotated[
    Number | None, Field(description="The line's id within the order; by default its place in the list, from 1.")
]
Total = Annotated[
    DecimalText | None,
    Field(description="The order's total as its source states it; by default the computed sum. A difference is flagged."),
]

PLACED: dict[str, Any] = {
    "channel": "web",
    "currency": "EUR",
    "prices_include_tax": True,
    "lines": [
        {
            "line_id": "1",
            "sku": "TEA-100",
            "name": "Green tea, 100 g",
            "quantity": "2",
            "unit_price": "12.50",
            "taxes": [{"name": "VAT", "rate": "0.07", "amount": "1.64"}],
        }
    ],
    "charges": [{"kind": "shipping", "amount": "4.90", "tax": "0.78"}],
    "shipping_address": {"lines": ["Hauptstr. 1"], "postal_code": "10827", "city": "Berlin", "country": "DE"},
}


class TaxBody(Body):
    """A tax of a line: `amount` is the tax of what the customer pays for it, after all discounts.

    `rate` is a fraction: 0.19 is 19 %. If prices include tax and there are discounts, reports need it for the exact tax of the
    full price.
    """

    states = values.Tax

    name: Number
    amount: DecimalText
    rate: DecimalText | None = None


class LineDiscountBody(Body):
    """A discount on one line, for its whole quantity. It must not exceed the price of the line."""

    states = values.Discount

    amount: DecimalText
    code: TheirCode | None = None


class LineBody(Body):
    """`total` defaults to quantity × unit price − discounts. It includes tax if and only if the prices do."""

    line_id: LineId = None
    sku: TheirCode | None = None
    name: Line
    category: Line | None = None
    quantity: DecimalText
    unit: TheirCode | None = None
    unit_price: DecimalText
    unit_cost: DecimalText | None = None
    discounts: Annotated[list[LineDiscountBody], Field(max_length=50)] = []
    taxes: Annotated[list[TaxBody], Field(max_length=50)] = []
    total: DecimalText | None = None

    def item(self, place: int) -> values.Item:
        """A `Line` if the total is given, else an `Item`, for which the order computes the total."""
        stated = self.named("total") | {"line_id": self.line_id or str(place)}
        return values.Item(**stated) if self.total is None else values.Line(**stated, total=self.total)


class DiscountBody(Body):
    """A discount on all lines, or on shipping. `allocation` is each line's part by line id.

    What is not allocated is split in proportion to what is left of each line. A discount must not take more than there is, but
    if the request states a `source`, it is recorded and flagged.
    """

    states = values.OrderDiscount

    kind: Literal["percentage", "fixed", "shipping", "loyalty", "other"]
    amount: DecimalText
    code: TheirCode | None = None
    allocation: Annotated[dict[Number, DecimalText], DISTINCT, Field(max_length=1000)] = {}


class ChargeBody(Body):
    """A charge in addition to the lines. Only `rounding` may be negative."""

    kind: Literal["shipping", "fee", "tip", "rounding", "gift_card"]
    amount: DecimalText
    tax: DecimalText | None = None

    def stated(self) -> values.Charge:
        return values.Charge(**self.named(*(() if self.tax is not None else ("tax",))))


class ContactBody(Body):
    states = values.Contact

    name: Line | None = None
    email: Line | None = None
    phone: Line | None = None


Lines = Annotated[list[LineBody], Field(max_length=1000)]
Discounts = Annotated[list[DiscountBody], Field(max_length=100)]
Charges = Annotated[list[ChargeBody], Field(max_length=100)]


class PlaceBody(CommandBody):
    """Without `customer_id` it is a guest's order. Without `number` one is generated."""

    number: Number | None = None
    customer_id: UUID | None = None
    channel: Code
    owner: Code | None = None
    currency: Annotated[Currency, Field(description="ISO 4217.")]
    prices_include_tax: bool = False
    lines: Lines = []
    discounts: Discounts = []
    charges: Charges = []
    total: Total = None
    billing_address: AddressBody | None = None
    shipping_address: AddressBody | None = None
    contact: ContactBody | None = None
    campaign_id: UUID | None = None
    lead_id: UUID | None = None
    deal_id: UUID | None = None
    test: bool = False

    model_config = {"json_schema_extra": {"examples": [PLACED]}}

    def facts(self) -> dict[str, Any]:
        return self.named("lines") | {"lines": _items(self.lines)}


class AmendBody(CommandBody):
    """A merge patch of an open order: absent fields stay. Lines, discounts and charges replace the whole list."""

    lines: Lines = ABSENT
    discounts: Discounts = ABSENT
    charges: Charges = ABSENT
    total: DecimalText = ABSENT
    billing_address: AddressBody = ABSENT
    shipping_address: AddressBody = ABSENT
    contact: ContactBody = ABSENT

    customer_id: Annotated[Any, Elsewhere("PUT /v1/orders/{id}/customer")] = None
    owner: Annotated[Any, Elsewhere("PUT /v1/orders/{id}/assignment")] = None
    number: Annotated[Any, Fixed()] = None
    channel: Annotated[Any, Fixed()] = None
    currency: Annotated[Any, Fixed()] = None
    prices_include_tax: Annotated[Any, Fixed()] = None
    campaign_id: Annotated[Any, Fixed()] = None
    lead_id: Annotated[Any, Fixed()] = None
    deal_id: Annotated[Any, Fixed()] = None
    test: Annotated[Any, Fixed()] = None

    model_config = {"json_schema_extra": {"examples": [{"lines": PLACED["lines"], "contact": {"phone": "+49 30 1234567"}}]}}

    def facts(self) -> dict[str, Any]:
        return self.named("lines") | ({"lines": _items(self.lines)} if "lines" in self.model_fields_set else {})


class LineQuantityBody(Body):
    states = values.LineQuantity

    line_id: Number
    quantity: DecimalText


class CancelLinesBody(CommandBody):
    """Cancels these quantities, in addition to earlier cancellations. `reason` is a code."""

    lines: Annotated[list[LineQuantityBody], Field(min_length=1, max_length=1000)]
    total: Annotated[DecimalText | None, Field(description="The order's total afterwards, if its source states it.")] = None
    reason: Code | None = None

    model_config = {"json_schema_extra": {"examples": [{"lines": [{"line_id": "1", "quantity": "1"}], "reason": "sold_out"}]}}


class CustomerBody(CommandBody):
    customer_id: UUID


class CancelBody(CommandBody):
    """`reason` is a code, `note` is for people."""

    reason: Code | None = None
    note: Text | None = None


class ReopenBody(CommandBody):
    """`reason` is a code."""

    reason: Code | None = None


def _items(lines: Sequence[LineBody]) -> tuple[values.Item, ...]:
    return tuple(line.item(place) for place, line in enumerate(lines, start=1))
