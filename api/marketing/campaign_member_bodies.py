"""Request bodies of commands on campaign members, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.shared.bulk import LIMIT
from api.shared.fields import Body, Code, CommandBody, Currency, DecimalText, Number, Url
from domain.marketing.campaign_member.events import Bounce, Machine

TouchId = Annotated[str, StringConstraints(min_length=1, max_length=255)]
CUSTOMER = "0198c2f0-0000-7000-8000-000000000001"


class WhoBody(CommandBody):
    """The member: either a customer or a lead."""

    customer_id: UUID | None = None
    lead_id: UUID | None = None


class MemberBody(WhoBody):
    """`variant` is the code of a treatment, or `control`: a control member is sent nothing."""

    variant: Code = "treatment"


class MembersBody(Body):
    members: Annotated[list[MemberBody], Field(min_length=1, max_length=LIMIT)]

    model_config = {"json_schema_extra": {"examples": [{"members": [{"customer_id": CUSTOMER, "variant": "short"}]}]}}


class FactBody(WhoBody):
    """What happened to a member, either a customer or a lead."""

    def facts(self) -> dict[str, Any]:
        """Leaves out the kind, which selects the command."""
        return self.named("kind")


class AnyTouchBody(FactBody):
    """`touch_id` and `send_id` are ids of the source system.

    A touch with a known `touch_id` is a repeat; so is one of the same kind, for the same send, with the same details.
    """

    touch_id: TouchId | None = None
    send_id: TouchId | None = None
    channel: Code | None = None
    method_id: Annotated[UUID | None, Field(description="The customer's contact method that was used.")] = None


class TouchBody(AnyTouchBody):
    """A touch of a kind without fields of its own."""

    kind: Literal["sent", "deferred", "delivered", "visited", "unsubscribed", "marked_as_spam"]


class BouncedBody(AnyTouchBody):
    """`code` is the source system's code for the reason."""

    kind: Literal["bounced"]
    bounce: Bounce = "unknown"
    code: Code | None = None


class OpenedBody(AnyTouchBody):
    """`machine` states whether a program opened the message."""

    kind: Literal["opened"]
    machine: Machine = "unknown"


class ClickedBody(AnyTouchBody):
    """`machine` states whether a program followed the link."""

    kind: Literal["clicked"]
    machine: Machine = "unknown"
    url: Url | None = None


class RespondedBody(AnyTouchBody):
    """`status` is a code such as `interested`."""

    kind: Literal["responded"]
    status: Code | None = None


class ConvertedBody(FactBody):
    """A conversion, identified by `conversion_id` or else by `order_id`. `currency` defaults to the campaign's currency."""

    kind: Literal["converted"]
    conversion_id: Number | None = None
    order_id: UUID | None = None
    value: DecimalText | None = None
    currency: Currency | None = None
    channel: Code | None = None


AnyFact = Annotated[
    TouchBody | BouncedBody | OpenedBody | ClickedBody | RespondedBody | ConvertedBody, Field(discriminator="kind")
]
TOUCHES: dict[str, Any] = {
    "touches": [
        {"customer_id": CUSTOMER, "kind": "opened", "send_id": "s-17", "machine": "false"},
        {"customer_id": CUSTOMER, "kind": "converted", "conversion_id": "c-1", "value": "19.90", "currency": "EUR"},
    ]
}


class TouchesBody(Body):
    touches: Annotated[list[AnyFact], Field(min_length=1, max_length=LIMIT)]

    model_config = {"json_schema_extra": {"examples": [TOUCHES]}}


class SuppressionBody(CommandBody):
    """`reason` is a code such as `no_consent`."""

    reason: Code


class RemovalBody(CommandBody):
    """`reason` is a code."""

    reason: Code | None = None


class RetractionBody(CommandBody):
    """`reason` is a code."""

    touch_id: TouchId
    reason: Code | None = None


class ConversionReversalBody(CommandBody):
    """`reason` is a code."""

    conversion_id: Number
    reason: Code | None = None
