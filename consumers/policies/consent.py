"""A member who unsubscribed from a campaign or marked it as spam has no marketing consent on that channel from then on.

Only a consent that is given later counts again. A touch that is retracted afterwards gives no consent back: only the customer
can give it.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from msgspec.structs import replace

from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.policy import Policy, Reaction, When
from consumers.policies.touched import customer_of, record_of, stands
from domain.customers.customer.consent import Consent
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign_member.events import MarkedAsSpam, Touch, Unsubscribed
from domain.marketing.campaign_member.member import CampaignMember
from domain.shared.aggregate import Aggregate
from domain.shared.events import Context, Recorded
from domain.shared.occurrence import over_before

NAME = "unsubscribing"
PURPOSE = "marketing"
CHANNEL = "email"
"""The channel if neither the touch nor its message nor the campaign names one."""
SOURCES: dict[type[Touch], str] = {Unsubscribed: "unsubscribed", MarkedAsSpam: "marked_as_spam"}


def _react(recorded: Recorded) -> Iterable[Reaction]:
    touch = recorded.event
    assert isinstance(touch, Touch)
    if touch.customer_id or touch.lead_id:
        yield Reaction(withdraw_consent, {"member_id": recorded.stream, "touch": touch, "source": SOURCES[type(touch)]})


def withdraw_consent(
    work: UnitOfWork, *, member_id: UUID, touch: Touch, source: str, when: When | None = None, merged_id: UUID | None = None
) -> Aggregate:
    """Withdraws the general consent on the touch's channel, and the consent for each contact method. A later consent is kept.

    `when` is the time of the touch; None if the touch is the cause of the command. With `merged_id`, it withdraws the consents
    that this customer gave, if they are merged into the survivor.

    Does nothing if the touch was retracted, or a lead has no customer. Raises CustomerErased.
    """
    member = work.load(CampaignMember, member_id)
    customer_id = customer_of(work, touch)
    if customer_id is None or not stands(touch, member):
        return member
    if (customer := record_of(work, customer_id, merged_id)) is None:
        return member
    channel, touched = _channel(work, touch, member), work.context if when is None else when.context(work.context)
    methods = [method for purpose, on, method in customer.consents if (purpose, on) == (PURPOSE, channel)]
    for method_id in dict.fromkeys([None, *methods] if merged_id is None else methods):
        current = customer.consents.get((PURPOSE, channel, method_id))
        if (context := _context(touched, current)) is not None:
            customer.withdraw_consent(context, PURPOSE, channel, method_id, source)
    return customer


def _context(context: Context, current: Consent | None) -> Context | None:
    """When the consent ends; None if it has ended already, or was certainly given after the touch.

    A touch that is known only by its day may have happened after a consent of that day: then the consent ends as it begins.
    """
    if current is None:
        return context
    if current.terms is None or over_before(context, current.at):
        return None
    return context if current.at <= context.at else replace(context, occurred_at=current.at, occurred_precision="second")


def _channel(work: UnitOfWork, touch: Touch, member: CampaignMember) -> str:
    """The channel that the touch names, or another touch of the same message, or the campaign if it has only one."""
    of_message = (other.channel for other in member.touches if touch.send_id and other.send_id == touch.send_id)
    if named := touch.channel or next(filter(None, of_message), None):
        return named
    channels: tuple[str, ...] = work.existing(Campaign, touch.campaign_id).plan.get("channels") or ()
    return channels[0] if len(channels) == 1 else CHANNEL


unsubscribing = Policy(NAME, (Unsubscribed, MarkedAsSpam), _react)
