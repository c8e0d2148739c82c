"""A campaign member as read models keep it between batches: every valid touch and conversion, and the stages they give."""

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
"""A stage that a member can reach; conversion is a mark of its own."""

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
"""The stages that a touch reaches, by its kind and whether a machine did it. A click implies an open."""
DAY = timedelta(days=1)

_encode = msgspec.json.Encoder(order="deterministic").encode


class When(msgspec.Struct, array_like=True, frozen=True):
    """The time of a fact. `own` is the day if only the day is known; then `at` is the start of that day."""

    at: datetime
    own: date | None = None


class Known(msgspec.Struct, array_like=True, frozen=True):
    """A touch that was not retracted."""

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
    """A conversion that was not reversed; its value is in minor units."""

    when: When
    position: int
    order_id: UUID | None = None
    currency: str | None = None
    value: int | None = None


class MemberBook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A campaign member's state that can be folded, dumped and loaded."""

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
        """A removed member who is targeted again restarts at the new targeting."""
        self.targeted = when if self.removed else _earlier(self.targeted, when)
        self.variant, self.removed = event.variant, None

    def started(self) -> When:
        """When the member was targeted, or first touched if never targeted."""
        if self.targeted:
            return self.targeted
        touched = [touch.when for touch in self.touches] + [conversion.when for conversion in self.conversions.values()]
        return min(touched, key=lambda when: when.at, default=self.first)

    def reached(self) -> dict[Stage, datetime]:
        """When the member first reached each of the stages that they reached."""
        first: dict[Stage, datetime] = {}
        for stage, at in self._stages():
            if stage not in first or at < first[stage]:
                first[stage] = at
        return first

    def marks(self) -> Iterator[Mark]:
        """The member's current marks."""
        yield from self.reached()
        if self.conversions:
            yield "converted"
        if self.removed:
            yield "removed"
        if self.touches or self.conversions:
            yield "touched"

    def converted(self) -> datetime | None:
        return min((conversion.when.at for conversion in self.conversions.values()), default=None)

    def _stages(self) -> Iterator[tuple[Stage, datetime]]:
        """Every stage with the time of each fact that reached it."""
        if self.targeted:
            yield "targeted", self.targeted.at
        if self.suppressed:
            yield "suppressed", self.suppressed.at
        for touch in self.touches:
            for stage in STAGES_OF[touch.kind, touch.machine == "true"]:
                yield stage, touch.when.at
            if touch.kind == "sent" and not self._has_outcome(touch.send_id):
                yield "delivered", touch.when.at

    def _has_outcome(self, send_id: str | None) -> bool:
        """Whether a delivery, or a hard or soft bounce, of the send is recorded."""
        return any(t.send_id == send_id and (t.kind == "delivered" or t.bounce in UNDELIVERED) for t in self.touches)


_decode = msgspec.json.Decoder(MemberBook).decode


def load(text: str) -> MemberBook:
    """The book as it was dumped."""
    return _decode(text)


def days_after(start: When, then: When) -> int | None:
    """The shortest attribution window from `start`, in whole days, that contains `then`; None if `then` is before `start`.

    A time known only by its day is inside a window if any moment of that day is.
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
    details: dict[str, Any] = {name: getattr(touch, name, None) for name in ("machine", "bounce", "status")}
    return Known(KINDS[type(touch)], when, position, touch.touch_id, touch.send_id, touch.channel, **details)


def _conversion(event: Converted, when: When, position: int) -> Conversion:
    value = None if event.value is None or event.currency is None else minor_units(event.value, event.currency)
    return Conversion(when, position, event.order_id, event.currency, value)
