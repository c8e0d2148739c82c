"""A touchpoint: a person saw, clicked, visited or filled in something. It is one permanent fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from msgspec.structs import asdict

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.refusals import AlreadyThere, Malformed
from domain.shared.text import choice, code, optional_text, text
from domain.shared.utm import Utm

Kind = Literal["impression", "click", "visit", "form"]

CLICK_ID_LIMIT = 20
CLICK_ID_LENGTH = 500
ANONYMOUS_ID_LENGTH = 255


class TouchpointRecordedOtherwise(AlreadyThere):
    """A touchpoint with this id is already recorded, with other values."""


class NobodyTouched(Malformed):
    """A touchpoint must have a customer, a lead or an anonymous id."""


class Recorded(Event, frozen=True, tag="crm.touchpoint.recorded.v2"):
    """`click_ids` are the advertisers' click ids, by their parameter name such as `gclid`."""

    channel: str
    kind: Kind
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    utm: Personal[Utm] = None
    anonymous_id: Personal[str] = None
    click_ids: Personal[dict[str, str]] = None

    def subject(self, stream: UUID) -> UUID:
        return self.customer_id or self.lead_id or stream

    def apply(self, touchpoint: Touchpoint, metadata: Metadata) -> None:
        touchpoint.recorded = self


class Touchpoint(Aggregate):
    name = "touchpoint"
    events = (Recorded,)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.recorded: Recorded | None = None

    @decision
    def touch(
        self,
        context: Context,
        *,
        channel: str,
        kind: Kind,
        customer_id: UUID | None = None,
        lead_id: UUID | None = None,
        campaign_id: UUID | None = None,
        utm: Utm | None = None,
        anonymous_id: str | None = None,
        click_ids: Mapping[str, str] | None = None,
    ) -> None:
        """Raises NobodyTouched, TouchpointRecordedOtherwise or Malformed."""
        if customer_id is None and lead_id is None and anonymous_id is None:
            raise NobodyTouched
        choice(kind, Kind, "kind of a touchpoint")
        recorded = Recorded(
            channel=code(channel, "channel"),
            kind=kind,
            customer_id=customer_id,
            lead_id=lead_id,
            campaign_id=campaign_id,
            utm=_utm(utm),
            anonymous_id=optional_text(anonymous_id, "anonymous id", ANONYMOUS_ID_LENGTH),
            click_ids=_click_ids(click_ids or {}) or None,
        )
        self.record_first(context, self.recorded, recorded, TouchpointRecordedOtherwise)


def _utm(utm: Utm | None) -> Utm | None:
    """The UTM codes, trimmed; None if there are none. Raises Malformed."""
    codes = {name: text(value, "utm code") for name, value in asdict(utm or Utm()).items() if value is not None}
    return Utm(**codes) if codes else None


def _click_ids(ids: Mapping[str, str]) -> dict[str, str]:
    if len(ids) > CLICK_ID_LIMIT:
        raise Malformed(f"At most {CLICK_ID_LIMIT} click ids are allowed.")
    return {code(name, "name of a click id"): text(id, "click id", CLICK_ID_LENGTH) for name, id in ids.items()}
