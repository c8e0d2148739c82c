"""Events of one customer or lead in one campaign. Any of them can start the stream, so each names campaign and member."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from domain.shared.events import Event, Metadata
from domain.shared.personal import Personal

if TYPE_CHECKING:
    from domain.marketing.campaign_member.member import CampaignMember

Machine = Literal["true", "false", "unknown"]
Bounce = Literal["hard", "soft", "block", "unknown"]
TouchKind = Literal[
    "sent",
    "deferred",
    "delivered",
    "bounced",
    "opened",
    "clicked",
    "visited",
    "responded",
    "unsubscribed",
    "marked_as_spam",
]


class Membership(Event, frozen=True, tag="crm.campaign_member.membership"):
    """Base of all events of a member, who is a customer or a lead. It is never recorded itself."""

    campaign_id: UUID
    customer_id: UUID | None = None
    lead_id: UUID | None = None

    def subject(self, stream: UUID) -> UUID:
        return self.customer_id or self.lead_id or stream

    def apply(self, member: CampaignMember, metadata: Metadata) -> None:
        member.customer_id = self.customer_id


class Targeted(Membership, frozen=True, kw_only=True, tag="crm.campaign_member.targeted.v1"):
    """`variant` is the code of the treatment, or `control` for a member who gets no messages."""

    variant: str

    def apply(self, member: CampaignMember, metadata: Metadata) -> None:
        super().apply(member, metadata)
        member.variant, member.targeted_at, member.removed_at = self.variant, metadata.occurred_at, None


class Suppressed(Membership, frozen=True, kw_only=True, tag="crm.campaign_member.suppressed.v1"):
    """Nothing must be sent to the member, although they were targeted. `reason` is a code such as `no_consent`."""

    reason: str

    def apply(self, member: CampaignMember, metadata: Metadata) -> None:
        super().apply(member, metadata)
        member.suppressed = (self.reason, metadata.occurred_at)


class Removed(Membership, frozen=True, tag="crm.campaign_member.removed.v1"):
    """The customer or lead is no longer a member. They can be targeted again."""

    reason: str | None = None

    def apply(self, member: CampaignMember, metadata: Metadata) -> None:
        super().apply(member, metadata)
        member.removed_at = metadata.occurred_at


# Touches


class Touch(Membership, frozen=True, tag="crm.campaign_member.touch"):
    """Base of all touches. It is never recorded itself.

    `touch_id` is the source's id of this touch, `send_id` the source's id of the message that it is about. `method_id` is the
    contact method.
    """

    touch_id: str | None = None
    send_id: str | None = None
    channel: str | None = None
    method_id: UUID | None = None

    def apply(self, member: CampaignMember, metadata: Metadata) -> None:
        super().apply(member, metadata)
        member.touches.append(self)
        if self.touch_id is not None:
            member.touch_ids[self.touch_id] = kind_of(self)


class Sent(Touch, frozen=True, tag="crm.campaign_member.sent.v1"): ...


class Deferred(Touch, frozen=True, tag="crm.campaign_member.deferred.v1"):
    """The message has not arrived yet; the sender tries again."""


class Delivered(Touch, frozen=True, tag="crm.campaign_member.delivered.v1"): ...


class Bounced(Touch, frozen=True, tag="crm.campaign_member.bounced.v1"):
    """The message did not arrive: permanently (hard), for now (soft) or blocked by the receiver. `code` is the source's."""

    bounce: Bounce = "unknown"
    code: str | None = None


class Opened(Touch, frozen=True, tag="crm.campaign_member.opened.v1"):
    """`machine` says whether a program opened the message, as privacy proxies do."""

    machine: Machine = "unknown"


class Clicked(Touch, frozen=True, tag="crm.campaign_member.clicked.v1"):
    """`machine` says whether a program followed the link, as security scanners do."""

    machine: Machine = "unknown"
    url: Personal[str] = None


class Visited(Touch, frozen=True, tag="crm.campaign_member.visited.v1"):
    """The member visited the campaign's destination, by any path."""


class Responded(Touch, frozen=True, tag="crm.campaign_member.responded.v1"):
    """`status` is a code such as `interested` or `declined`."""

    status: str | None = None


class Unsubscribed(Touch, frozen=True, tag="crm.campaign_member.unsubscribed.v1"):
    """The member unsubscribed. This does not withdraw a consent; the customer does that separately."""


class MarkedAsSpam(Touch, frozen=True, tag="crm.campaign_member.marked_as_spam.v1"): ...


class TouchRetracted(Membership, frozen=True, kw_only=True, tag="crm.campaign_member.touch_retracted.v1"):
    """The touch did not happen."""

    touch_id: str
    kind: TouchKind
    send_id: str | None = None
    reason: str | None = None

    def apply(self, member: CampaignMember, metadata: Metadata) -> None:
        super().apply(member, metadata)
        member.touches = [touch for touch in member.touches if touch.touch_id != self.touch_id]


# Conversions


class Converted(Membership, frozen=True, kw_only=True, tag="crm.campaign_member.converted.v1"):
    """The member took the action that the campaign aims at. `value` is in `currency`; without it the value is unknown."""

    conversion_id: str
    order_id: UUID | None = None
    value: Decimal | None = None
    currency: str | None = None
    channel: str | None = None

    def apply(self, member: CampaignMember, metadata: Metadata) -> None:
        super().apply(member, metadata)
        member.conversions[self.conversion_id] = self


class ConversionReversed(Membership, frozen=True, kw_only=True, tag="crm.campaign_member.conversion_reversed.v1"):
    """The conversion no longer counts. Order, value and currency are copied from the conversion."""

    conversion_id: str
    order_id: UUID | None = None
    value: Decimal | None = None
    currency: str | None = None
    reason: str | None = None

    def apply(self, member: CampaignMember, metadata: Metadata) -> None:
        super().apply(member, metadata)
        member.reversed.add(self.conversion_id)


TOUCHES: dict[TouchKind, type[Touch]] = {
    "sent": Sent,
    "deferred": Deferred,
    "delivered": Delivered,
    "bounced": Bounced,
    "opened": Opened,
    "clicked": Clicked,
    "visited": Visited,
    "responded": Responded,
    "unsubscribed": Unsubscribed,
    "marked_as_spam": MarkedAsSpam,
}
KINDS: dict[type[Touch], TouchKind] = {touch: kind for kind, touch in TOUCHES.items()}


def kind_of(touch: Touch) -> TouchKind:
    return KINDS[type(touch)]
