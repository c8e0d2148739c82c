"""A campaign's member as read models keep it between batches: every touch that still stands, and what follows from all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec

from domain.marketing.campaign_member.events import (
    KINDS,
    TOUCHES,
    ConversionReversed,
    Converted,
    Membership,
    Removed,
    Suppressed,
    Targeted,
    Touch,
    TouchKind,
    TouchRetracted,
)
from domain.marketing.campaign_member.member import CampaignMember
from domain.shared.events import Event, Metadata, Recorded
from domain.shared.money import minor_units
from projections.shared.occurred import own_day

MEMBER_EVENTS: tuple[type[Event], ...] = tuple(CampaignMember.events)

Stage = Literal[
    "targeted",
    "suppressed",
    "sent",
    "delivered",
    "bounced",
    "opened",
    "opened_by_person",
    "clicked",
    "clicked_by_person",
    "visited",
    "responded",
    "unsubscribed",
    "marked_as_spam",
]
"""What a member can reach, beside converting."""

Mark = Stage | Literal["converted", "removed", "touched"]

STAGES: tuple[Stage, ...] = get_args(Stage)
MARKS: tuple[Mark, ...] = (*STAGES, "converted", "removed", "touched")
BIT: dict[Mark, int] = {mark: 1 << place for place, mark in enumerate(MARKS)}
UNDELIVERED = ("hard", "soft")
STAGES_OF: dict[tuple[TouchKind, bool], tuple[Stage, ...]] = {
    (kind, by_machine): () if kind == "deferred" else (kind,) for kind in TOUCHES for by_machine in (False, True)
} | {
    ("opened", False): ("opened", "opened_by_person"),
    ("clicked", False): ("opened", "opened_by_person", "clicked", "clicked_by_person"),
    ("clicked", True): ("opened", "clicked"),
}
"""What a touch reaches, by its kind and whether a machine did it. A click implies an open."""
DAY = timedelta(days=1)

_encode = msgspec.json.Encoder(order="deterministic").encode


class When(msgspec.Struct, array_like=True, frozen=True):
    """`own` is the day where only that is known; `at` is then its beginning."""

    at: datetime
    own: date | None = None


class Known(msgspec.Struct, array_like=True, frozen=True):
    """A touch that stands."""

    kind: TouchKind
    when: When
    position: int
    touch_id: str | None = None
    send_id: str | None = None
    channel: str | None = None
    machine: str | None = None
    bounce: str | None = None
    status: str | None = None


class Conversion(msgspec.Struct, array_like=True, frozen=True):
    """A conversion that stands; its value is in minor units."""

    when: When
    position: int
    order_id: UUID | None = None
    currency: str | None = None
    value: int | None = None


class MemberBook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of a member, to be folded, put down and taken up again."""

    campaign_id: UUID
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    variant: str | None = None
    first: When
    targeted: When | None = None
    suppressed: When | None = None
    removed: When | None = None
    touches: list[Known] = []
    conversions: dict[str, Conversion] = {}

    @classmethod
    def begun(cls, first: Membership, metadata: Metadata) -> MemberBook:
        at = _when(metadata)
        return cls(campaign_id=first.campaign_id, customer_id=first.customer_id, lead_id=first.lead_id, first=at)

    def dump(self) -> str:
        return _encode(self).decode()

    def fold(self, recorded: Recorded) -> None:
        event, when = recorded.event, _when(recorded.metadata)
        match event:
            case Targeted():
                self._target(event, when)
            case Suppressed():
                self.suppressed = _earlier(self.suppressed, when)
            case Removed():
                self.removed = when
            case Touch():
                self.touches.append(_known(event, when, recorded.position))
            case TouchRetracted():
                self.touches = [touch for touch in self.touches if touch.touch_id != event.touch_id]
            case Converted():
                self.conversions[event.conversion_id] = _conversion(event, when, recorded.position)
            case ConversionReversed():
                self.conversions.pop(event.conversion_id, None)

    def _target(self, event: Targeted, when: When) -> None:
        """Who was removed and is targeted again begins anew."""
        self.targeted = when if self.removed else _earlier(self.targeted, when)
        self.variant, self.removed = event.variant, None

    def started(self) -> When:
        """When they were targeted, or first touched where they never were."""
        if self.targeted:
            return self.targeted
        touched = [touch.when for touch in self.touches] + [conversion.when for conversion in self.conversions.values()]
        return min(touched, key=lambda when: when.at, default=self.first)

    def reached(self) -> dict[Stage, datetime]:
        """When they first reached each stage that they reached."""
        first: dict[Stage, datetime] = {}
        for stage, at in self._told():
            if stage not in first or at < first[stage]:
                first[stage] = at
        return first

    def marks(self) -> Iterator[Mark]:
        """What is so of the member by now."""
        yield from self.reached()
        if self.conversions:
            yield "converted"
        if self.removed:
            yield "removed"
        if self.touches or self.conversions:
            yield "touched"

    def converted(self) -> datetime | None:
        return min((conversion.when.at for conversion in self.conversions.values()), default=None)

    def _told(self) -> Iterator[tuple[Stage, datetime]]:
        if self.targeted:
            yield "targeted", self.targeted.at
        if self.suppressed:
            yield "suppressed", self.suppressed.at
        for touch in self.touches:
            for stage in STAGES_OF[touch.kind, touch.machine == "true"]:
                yield stage, touch.when.at
            if touch.kind == "sent" and not self._is_told_of(touch.send_id):
                yield "delivered", touch.when.at

    def _is_told_of(self, send_id: str | None) -> bool:
        """Whether it is known of the send that it was delivered, or bounced hard or soft."""
        return any(t.send_id == send_id and (t.kind == "delivered" or t.bounce in UNDELIVERED) for t in self.touches)


_decode = msgspec.json.Decoder(MemberBook).decode


def load(text: str) -> MemberBook:
    """The book as it was put down."""
    return _decode(text)


def days_after(start: When, then: When) -> int | None:
    """The shortest attribution window from `start`, in whole days, that holds `then`; None where it came before.

    What is known only by its day counts as long as any moment of that day would.
    """
    began = start.at - (DAY - timedelta.resolution if then.own else timedelta())
    if then.at < began:
        return None
    last = start.at + (DAY - timedelta.resolution if start.own else timedelta())
    return max(0, -((last - then.at) // DAY))


def _when(metadata: Metadata) -> When:
    return When(metadata.occurred_at, own_day(metadata))


def _earlier(known: When | None, when: When) -> When:
    return when if known is None or when.at < known.at else known


def _known(touch: Touch, when: When, position: int) -> Known:
    said: dict[str, Any] = {name: getattr(touch, name, None) for name in ("machine", "bounce", "status")}
    return Known(KINDS[type(touch)], when, position, touch.touch_id, touch.send_id, touch.channel, **said)


def _conversion(event: Converted, when: When, position: int) -> Conversion:
    value = None if event.value is None or event.currency is None else minor_units(event.value, event.currency)
    return Conversion(when, position, event.order_id, event.currency, value)
