"""What requests say about leads, and how it becomes facts."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.shared.fields import Body, Code, CommandBody, Currency, DecimalText, Line, Number
from domain.sales.lead import events

CAPTURED: dict[str, Any] = {
    "channel": "social",
    "origin": "spring_video",
    "contact": {"name": "Ada", "handle": "@ada"},
    "value": "500.00",
    "currency": "EUR",
}


class ContactBody(Body):
    """Who shows interest, as far as is known. `handle` is what they are called where they were met."""

    states = events.Contact

    name: Line | None = None
    organisation: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    handle: Line | None = None


class CaptureBody(CommandBody):
    """With the `customer_id` of whom is known already, or the `contact` of somebody new. Without `number` one is drawn.

    An `origin` that is not known is left out, which is not the origin `unknown`. `value` is an estimate.
    """

    number: Number | None = None
    customer_id: UUID | None = None
    contact: ContactBody | None = None
    channel: Code | None = None
    origin: Code | None = None
    campaign_id: UUID | None = None
    value: DecimalText | None = None
    currency: Currency | None = None

    model_config = {"json_schema_extra": {"examples": [CAPTURED]}}


class PutBody(CaptureBody):
    """A lead that is there may be in another stage; all else stays."""

    stage: Code | None = None


class StageBody(CommandBody):
    stage: Code


class ConversionBody(CommandBody):
    """The customer that the lead became, with the deal or the order that came of it, and what it is worth."""

    customer_id: UUID
    deal_id: UUID | None = None
    order_id: UUID | None = None
    value: DecimalText | None = None
    currency: Currency | None = None


class ReasonBody(CommandBody):
    reason: Annotated[Code | None, Field(description="A code.")] = None
