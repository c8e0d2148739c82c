"""A campaign member: one customer or lead in one campaign, so that a campaign of a million is a million short streams.

Touches are facts from outside, in whatever order they come. They are recorded even where they break a rule, and flagged.
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
from domain.shared.text import code, own_id, text

MESSAGES = (Sent, Deferred, Delivered, Bounced, Opened, Clicked, MarkedAsSpam)
"""Touches that there are only of what was sent."""

BEFORE_TARGETING = "before-targeting"
SENT_TO_CONTROL = "sent-to-control"
BOUNCE_AFTER_DELIVERY = "bounce-after-delivery"
CLICK_WITHOUT_OPEN = "click-without-open"
UNKNOWN_VARIANT = "unknown-variant"

TOUCH_ID_LENGTH = 255
CONVERSION_ID_LENGTH = 64
URL_LENGTH = 2000


class MemberTargetedOtherwise(AlreadyThere):
    """The member has another variant, which stays: an experiment that moves its members shows nothing."""


class TouchKnownOtherwise(AlreadyThere):
    """This touch is already known, as one of another kind."""


class TouchUnknown(NotThere):
    """The member has no such touch."""


class ConversionKnownOtherwise(AlreadyThere):
    """This conversion is already known, with other values."""


class ConversionUnknown(NotThere):
    """The member has no such conversion."""


def member_id(campaign_id: UUID, of: UUID) -> UUID:
    """The id of the member that a customer or lead is in a campaign."""
    return derived_id("campaign_member", str(campaign_id), str(of))


class CampaignMember(Aggregate):
    """`touches` are those that stand, `touch_ids` the kinds of all that were ever told."""

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

    # Whether they are one

    @decision
    def target(
        self, context: Context, targeted: Targeted, *, unknown_variant: bool = False, campaign_ended: bool = False
    ) -> None:
        """Refused as MemberTargetedOtherwise, Malformed; CampaignHasEnded is flagged on import."""
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

    # What happened

    @decision
    def touch(self, context: Context, touch: Touch) -> None:
        """One with a known touch_id, or of its kind and send, is a repeat. Refused as TouchKnownOtherwise, Malformed.

        What else a touch says tells it from another of its send: the address of a click, whether a machine opened it.
        """
        event = _checked(touch)
        if not self._knows(event):
            self.record_once(context, event, *self._irregular(event))

    @decision
    def retract_touch(self, context: Context, touch_id: str, *, reason: str | None = None) -> None:
        """One that is retracted already records nothing. Refused as TouchUnknown, Malformed."""
        if touch_id not in self.touch_ids:
            raise TouchUnknown(touch_id=touch_id)
        for touch in [touch for touch in self.touches if touch.touch_id == touch_id]:
            retracted = TouchRetracted(
                campaign_id=touch.campaign_id,
                **_whose(touch),
                touch_id=touch_id,
                kind=kind_of(touch),
                send_id=touch.send_id,
                reason=reason and code(reason, "reason"),
            )
            self.record(context, retracted)

    @decision
    def convert(self, context: Context, converted: Converted) -> None:
        """Once per conversion and once per order. Refused as ConversionKnownOtherwise, Malformed."""
        event = _exact(converted)
        known = self.conversions.get(event.conversion_id)
        if known is not None:
            if known != event:
                raise ConversionKnownOtherwise(conversion_id=event.conversion_id)
        elif event.order_id is None or event.order_id not in self._converted_orders():
            self.record(context, event, *self._before_targeting())

    @decision
    def reverse_conversion(self, context: Context, conversion_id: str, *, reason: str | None = None) -> None:
        """One that is reversed already records nothing. Refused as ConversionUnknown, Malformed."""
        known = self.conversions.get(conversion_id)
        if known is None:
            raise ConversionUnknown(conversion_id=conversion_id)
        if conversion_id not in self.reversed:
            reversal = ConversionReversed(
                campaign_id=known.campaign_id,
                **_whose(known),
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
            raise TouchKnownOtherwise(f"{touch.touch_id!r} is known as {known}.", touch_id=touch.touch_id)
        if known is not None or touch.send_id is None:
            return known is not None
        said = _says(touch)
        return any(other.send_id == touch.send_id and _says(other) == said for other in self.touches)

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


def _says(touch: Touch) -> Touch:
    """What one touch has in common with another that says the same of the same send."""
    return replace(touch, touch_id=None, channel=None, method_id=None)


def _whose(fact: Membership) -> dict[str, UUID | None]:
    return {"customer_id": fact.customer_id, "lead_id": fact.lead_id}


def _checked(touch: Touch) -> Touch:
    """Raises Malformed."""
    for id in (touch.touch_id, touch.send_id):
        _check_id(id, TOUCH_ID_LENGTH)
    for field in ("channel", "code", "status"):
        if (value := getattr(touch, field, None)) is not None:
            code(value, field)
    if isinstance(touch, Clicked) and touch.url is not None:
        return replace(touch, url=text(touch.url, "address", URL_LENGTH))
    return touch


def _exact(converted: Converted) -> Converted:
    """Raises Malformed."""
    _check_id(converted.conversion_id, CONVERSION_ID_LENGTH)
    if converted.channel is not None:
        code(converted.channel, "channel")
    if converted.value is None and converted.currency is None:
        return converted
    if converted.value is None or converted.currency is None:
        raise Malformed("A value comes with its currency.")
    return replace(converted, value=money.not_negative(converted.value, converted.currency))


def _check_id(id: str | None, limit: int) -> None:
    """Raises Malformed. Such ids are other systems' own."""
    if id is not None:
        own_id(id, limit)
