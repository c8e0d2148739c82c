"""A contact method is undeliverable from a hard bounce of a campaign's message on, until somebody restores it.

If the bounce is retracted, the method is restored. A delivery restores nothing: it says that the receiver's server accepted the
message, and a bounce can still follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.policy import Policy, Reaction
from consumers.policies.touched import customer_of, record_of, stands
from consumers.policies.turns import Streams, Turns
from domain.customers.customer.customer import Customer
from domain.marketing.campaign_member.events import Bounced, TouchRetracted
from domain.marketing.campaign_member.member import CampaignMember
from domain.shared.aggregate import Aggregate
from domain.shared.events import Recorded

Bounces = tuple[tuple[Bounced, datetime], ...]
"""The answer about a member: the hard bounces that name a contact method, and when they happened."""


def deliverability(store: Streams) -> Policy:
    members: Turns[CampaignMember, Bounces] = Turns(CampaignMember, store, (), _bounces)

    def react(recorded: Recorded) -> Iterable[Reaction]:
        event, facts = recorded.event, {"member_id": recorded.stream}
        if isinstance(event, Bounced) and _is_hard(event):
            yield Reaction(mark_undeliverable, facts | {"bounced": event})
        elif isinstance(event, TouchRetracted) and event.kind == "bounced" and (turn := members.turn(recorded)):
            for bounced, at in set(turn.before) - set(turn.after):
                yield Reaction(restore, facts | {"bounced": bounced, "at": at})

    return Policy("deliverability", (Bounced, TouchRetracted), react)


def _is_hard(bounced: Bounced) -> bool:
    return bounced.bounce == "hard" and bounced.method_id is not None


def _bounces(member: CampaignMember, before: Bounces, recorded: Recorded) -> Bounces:
    event = recorded.event
    if isinstance(event, Bounced) and _is_hard(event):
        return (*before, (event, recorded.metadata.occurred_at))
    if isinstance(event, TouchRetracted):
        return tuple(known for known in before if known[0].touch_id != event.touch_id)
    return before


def mark_undeliverable(work: UnitOfWork, *, member_id: UUID, bounced: Bounced, merged_id: UUID | None = None) -> Aggregate:
    """Marks the method at the first of several bounces; a bounce from before the method was restored changes nothing.

    With `merged_id`, it marks the method of this customer, if they have it and are merged into the survivor.

    Does nothing if the bounce was retracted, or a lead has no customer. Raises UnknownContactMethod, CustomerErased.
    """
    member, customer_id = work.load(CampaignMember, member_id), customer_of(work, bounced)
    if customer_id is None or bounced.method_id is None or not stands(bounced, member):
        return member
    if (customer := _record(work, customer_id, bounced.method_id, merged_id)) is None:
        return member
    known = customer.known_method(bounced.method_id)
    if known.bounce != "hard" and (known.since is None or known.since < work.context.at):
        customer.mark_undeliverable(work.context, bounced.method_id, "hard")
    return customer


def restore(work: UnitOfWork, *, member_id: UUID, bounced: Bounced, at: datetime, merged_id: UUID | None = None) -> Aggregate:
    """Restores the method if it is undeliverable since this bounce, and no other bounce of the member makes it so.

    With `merged_id`, it restores the method of this customer, if they have it and are merged into the survivor.

    Raises UnknownContactMethod, CustomerErased.
    """
    member, customer_id = work.load(CampaignMember, member_id), customer_of(work, bounced)
    others = any(isinstance(one, Bounced) and _is_hard(one) and one.method_id == bounced.method_id for one in member.touches)
    if customer_id is None or bounced.method_id is None or others:
        return member
    if (customer := _record(work, customer_id, bounced.method_id, merged_id)) is None:
        return member
    known = customer.known_method(bounced.method_id)
    if known.bounce == "hard" and known.since == at:
        customer.restore_contact_method(work.context, bounced.method_id)
    return customer


def _record(work: UnitOfWork, customer_id: UUID, method_id: UUID, merged_id: UUID | None) -> Customer | None:
    customer = record_of(work, customer_id, merged_id)
    return None if customer and merged_id and method_id not in customer.methods else customer
