"""What members of a campaign and people do, for the policies on consent and deliverability."""

from __future__ import annotations

from typing import Any

from commands.customers import customers
from commands.marketing import campaign_members
from commands.sales import leads
from domain.shared.ids import external_id
from tests.consumers.policies.policy_place import ADA, MEMBER, SPRING, Place

AUTUMN = external_id("campaign", "test", "autumn", b"")
LEAD = external_id("lead", "test", "ada", b"")
NEW_MAIL = external_id("method", "test", "new-mail", b"")


def give(place: Place, channel: str = "email", **facts: Any) -> None:
    place.run(customers.give_consent, customer_id=ADA, purpose="marketing", channel=channel, **facts)


def is_given(place: Place, channel: str = "email") -> bool:
    return place.ada().consents["marketing", channel, None].terms is not None


def retract(place: Place, touch_id: str) -> None:
    place.run(campaign_members.retract_touch, **MEMBER, touch_id=touch_id)


def lead_of_ada(place: Place) -> dict[str, Any]:
    """A lead who was a member before they became Ada."""
    place.run(leads.capture, lead_id=LEAD, number="L-1")
    place.run(campaign_members.target, campaign_id=SPRING, lead_id=LEAD)
    place.run(leads.convert, lead_id=LEAD, customer_id=ADA)
    return {"campaign_id": SPRING, "lead_id": LEAD}
