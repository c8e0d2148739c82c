"""Request bodies of commands on leads, and how they become a command's facts."""

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
    """The interested person, as far as is known. `handle` is their name on the channel, such as `@ada`."""

    states = events.Contact

    name: Line | None = None
    organisation: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    handle: Line | None = None


class CaptureBody(CommandBody):
    """Give the `customer_id` of a known customer, or the `contact` of a new person. Without `number` one is generated.

    Leave out `origin` if it is not known: that is different from the code `unknown`. `value` is an estimate.
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
    """For an existing lead only `stage` may differ; another value in any other field is refused."""

    stage: Code | None = None


class StageBody(CommandBody):
    stage: Code


class ConversionBody(CommandBody):
    """The customer that the lead became, the deal or the order that followed, and its value."""

    customer_id: UUID
    deal_id: UUID | None = None
    order_id: UUID | None = None
    value: DecimalText | None = None
    currency: Currency | None = None


class ReasonBody(CommandBody):
    reason: Annotated[Code | None, Field(description="A code.")] = None
