"""A campaign member: one customer or lead in one campaign. A campaign with a million members is a million short streams.

Touches are facts from outside and can come in any order. They are recorded even if they break a rule, and then flagged.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from domain.marketing.campaign.state import CampaignHasEnded
from domain.marketing.campaign.values import CONTROL
from domain.marketing.campaign_member.events import (
    Bounced,
    Clicked,
    ConversionReversed,
    Converted,
    Deferred,
    Delivered,
    MarkedAsSpam,
    Membership,
    Opened,
    Removed,
    Responded,
    Sent,
    Suppressed,
    Targeted,
    Touch,
    TouchKind,
    TouchRetracted,
    Unsubscribed,
    Visited,
    kind_of,
)
from domain.shared import money
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context
from domain.shared.ids import derived_id
from domain.shared.refusals import AlreadyThere, Malformed, NotThere
from domain.shared.text import check_code, code, own_id, web_url

MESSAGES = (Sent, Deferred, Delivered, Bounced, Opened, Clicked, MarkedAsSpam)
"""Touches that can only happen if a message was sent."""

BEFORE_TARGETING = "before-targeting"
SENT_TO_CONTROL = "sent-to-control"
BOUNCE_AFTER_DELIVERY = "bounce-after-delivery"
CLICK_WITHOUT_OPEN = "click-without-open"
UNKNOWN_VARIANT = "unknown-variant"

TOUCH_ID_LENGTH = 255
CONVERSION_ID_LENGTH = 64


class MemberTargetedOtherwise(AlreadyThere):
    """The member already has another variant, which cannot change: that would invalidate the experiment."""


class TouchKnownOtherwise(AlreadyThere):
    """This touch is already recorded, with another kind."""


class TouchUnknown(NotThere):
    """The member has no such touch."""


class ConversionKnownOtherwise(AlreadyThere):
    """This conversion is already recorded, with other values."""


class ConversionUnknown(NotThere):
    """The member has no such conversion."""


def member_id(campaign_id: UUID, of: UUID) -> UUID:
    """The id of the campaign member for a customer or lead (`of`)."""
    return derived_id("campaign_member", str(campaign_id), str(of))


class CampaignMember(Aggregate):
    """`touches` are the touches that are not retracted; `touch_ids` has the kind of every recorded touch, by touch id."""

    name = "campaign_member"
    events = (
        Targeted,
        Suppressed,
        Removed,
        Sent,
        Deferred,
        Delivered,
        Bounced,
        Opened,
        Clicked,
        Visited,
        Responded,
        Unsubscribed,
        MarkedAsSpam,
        TouchRetracted,
        Converted,
        ConversionReversed,
    )

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.customer_id: UUID | None = None
        self.variant: str | None = None
        self.targeted_at: datetime | None = None
        self.suppressed: tuple[str, datetime] | None = None
        self.removed_at: datetime | None = None
        self.touches: list[Touch] = []
        self.touch_ids: dict[str, TouchKind] = {}
        self.conversions: dict[str, Converted] = {}
        self.reversed: set[str] = set()

    # Membership

    @decision
    def target(
        self, context: Context, targeted: Targeted, *, unknown_variant: bool = False, campaign_ended: bool = False
    ) -> None:
        """Raises MemberTargetedOtherwise, Malformed; CampaignHasEnded (a flag on import)."""
        event = replace(targeted, variant=code(targeted.variant, "variant"))
        if self.variant not in (None, event.variant):
            raise MemberTargetedOtherwise(f"The member's variant is {self.variant}.", variant=self.variant)
        if self.targeted_at is not None and self.removed_at is None:
            self.record_status(context, event, self.targeted_at)
            return
        sent = event.variant == CONTROL and any(isinstance(touch, MESSAGES) for touch in self.touches)
        flags = ((unknown_variant, UNKNOWN_VARIANT), (sent, SENT_TO_CONTROL))
        ended = self.refuse(context, CampaignHasEnded()) if campaign_ended else ()
        self.record_once(context, event, *ended, *(rule for broken, rule in flags if broken))

    @decision
    def suppress(self, context: Context, suppressed: Suppressed) -> None:
        event = replace(suppressed, reason=code(suppressed.reason, "reason"))
        reason, since = self.suppressed or (None, None)
        self.record_status(context, event, since if reason == event.reason else None)

    @decision
    def remove(self, context: Context, removed: Removed) -> None:
        event = replace(removed, reason=removed.reason and code(removed.reason, "reason"))
        self.record_status(context, event, self.removed_at)

    # Touches and conversions

    @decision
    def touch(self, context: Context, touch: Touch) -> None:
        """Records nothing if the touch_id is already recorded. Raises TouchKnownOtherwise, Malformed.

        A touch of the same send with the same kind and content (such as the URL of a click) also records nothing.
        """
        event = _checked(touch)
        if not self._knows(event):
            self.record_once(context, event, *self._irregular(event))

    @decision
    def retract_touch(self, context: Context, touch_id: str, *, reason: str | None = None) -> None:
        """If the touch is already retracted, records nothing. Raises TouchUnknown, Malformed."""
        if touch_id not in self.touch_ids:
            raise TouchUnknown(touch_id=touch_id)
        for touch in [touch for touch in self.touches if touch.touch_id == touch_id]:
            retracted = TouchRetracted(
                campaign_id=touch.campaign_id,
                **_member(touch),
                touch_id=touch_id,
                kind=kind_of(touch),
                send_id=touch.send_id,
                reason=reason and code(reason, "reason"),
            )
            self.record(context, retracted)

    @decision
    def convert(self, context: Context, converted: Converted) -> None:
        """Recorded once per conversion, and once per order. Raises ConversionKnownOtherwise, Malformed."""
        event = _exact(converted)
        known = self.conversions.get(event.conversion_id)
        if known is not None:
            if known != event:
                raise ConversionKnownOtherwise(conversion_id=event.conversion_id)
        elif event.order_id is None or event.order_id not in self._converted_orders():
            self.record(context, event, *self._before_targeting())

    @decision
    def reverse_conversion(self, context: Context, conversion_id: str, *, reason: str | None = None) -> None:
        """If the conversion is already reversed, records nothing. Raises ConversionUnknown, Malformed."""
        known = self.conversions.get(conversion_id)
        if known is None:
            raise ConversionUnknown(conversion_id=conversion_id)
        if conversion_id not in self.reversed:
            reversal = ConversionReversed(
                campaign_id=known.campaign_id,
                **_member(known),
                conversion_id=conversion_id,
                order_id=known.order_id,
                value=known.value,
                currency=known.currency,
                reason=reason and code(reason, "reason"),
            )
            self.record(context, reversal)

    def _knows(self, touch: Touch) -> bool:
        known = None if touch.touch_id is None else self.touch_ids.get(touch.touch_id)
        if known is not None and known != kind_of(touch):
            raise TouchKnownOtherwise(f"The touch {touch.touch_id!r} is already recorded as {known}.", touch_id=touch.touch_id)
        if known is not None or touch.send_id is None:
            return known is not None
        content = _content(touch)
        return any(other.send_id == touch.send_id and _content(other) == content for other in self.touches)

    def _irregular(self, touch: Touch) -> list[str]:
        flags = [*self._before_targeting()]
        if self.variant == CONTROL and isinstance(touch, MESSAGES):
            flags.append(SENT_TO_CONTROL)
        if isinstance(touch, Bounced) and self._has(Delivered, touch.send_id):
            flags.append(BOUNCE_AFTER_DELIVERY)
        if isinstance(touch, Clicked) and not self._has(Opened, touch.send_id):
            flags.append(CLICK_WITHOUT_OPEN)
        return flags

    def _before_targeting(self) -> tuple[str, ...]:
        return (BEFORE_TARGETING,) if self.variant is None else ()

    def _has(self, kind: type[Touch], send_id: str | None) -> bool:
        return any(isinstance(touch, kind) and touch.send_id == send_id for touch in self.touches)

    def _converted_orders(self) -> set[UUID | None]:
        return {known.order_id for id, known in self.conversions.items() if id not in self.reversed}


def _content(touch: Touch) -> Touch:
    """The touch without the fields that may differ between two reports of the same touch."""
    return replace(touch, touch_id=None, channel=None, method_id=None)


def _member(fact: Membership) -> dict[str, UUID | None]:
    return {"customer_id": fact.customer_id, "lead_id": fact.lead_id}


def _checked(touch: Touch) -> Touch:
    """Raises Malformed."""
    for id in (touch.touch_id, touch.send_id):
        _check_id(id, TOUCH_ID_LENGTH)
    for field in ("channel", "code", "status"):
        check_code(getattr(touch, field, None), field)
    if isinstance(touch, Clicked) and touch.url is not None:
        return replace(touch, url=web_url(touch.url))
    return touch


def _exact(converted: Converted) -> Converted:
    """Raises Malformed."""
    _check_id(converted.conversion_id, CONVERSION_ID_LENGTH)
    check_code(converted.channel, "channel")
    if converted.value is None and converted.currency is None:
        return converted
    if converted.value is None or converted.currency is None:
        raise Malformed("A value must be given with its currency.")
    return replace(converted, value=money.not_negative(converted.value, converted.currency))


def _check_id(id: str | None, limit: int) -> None:
    """Raises Malformed. These are ids of other systems."""
    if id is not None:
        own_id(id, limit)
