"""While an order that names a campaign is paid, it is a conversion of its buyer. It does not matter which event led to that.

An order is paid when as much money was captured as it costs, and some of it is kept; or when it costs nothing, and something
ordered is left. The buyer is the order's customer, or the lead that the order names. A member converts only if they were
targeted before the payment, and the payment is within the campaign's attribution window. The value is the order's total: if it
changes while the order is paid, the conversion is recorded again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.policy import Policy, Reaction, When
from consumers.policies.turns import Streams, Turn, Turns
from domain.marketing.campaign.campaign import Campaign
from domain.marketing.campaign_member.events import Converted
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.sales.order.placing import CustomerChanged
from domain.sales.order.processing import Cancelled
from domain.sales.order.refunds import PaymentChargedBack, PaymentRefunded, PaymentReversed
from domain.shared.aggregate import Aggregate
from domain.shared.events import Context, Event, Recorded
from domain.shared.occurrence import over_before

NAME = "conversions"
REASONS: dict[type[Event], str] = {
    PaymentRefunded: "refunded",
    PaymentChargedBack: "charged_back",
    PaymentReversed: "payment_reversed",
    CustomerChanged: "customer_changed",
    Cancelled: "cancelled",
}
"""Why a conversion is reversed, by the event of the order; for every other event it is `AMENDED`."""
AMENDED = "amended"


class Buyer(NamedTuple):
    """Who bought: a customer, or the lead who became one, or both."""

    customer_id: UUID | None
    lead_id: UUID | None


class Sale(NamedTuple):
    """Whose order is paid, its total, and since when it is paid."""

    buyer: Buyer
    value: Decimal
    paid: When


class Standing(NamedTuple):
    """The answer about an order: whether it is paid, when it was last paid, and by whom, if the buyer is known."""

    is_paid: bool = False
    paid: When | None = None
    sale: Sale | None = None


def paid(order: Order) -> bool:
    """Whether the order is paid in full and not all of the money was returned; if it costs nothing, whether it still stands."""
    if order.total == 0 and order.kept <= 0:
        emptied = bool(order.line_ids) and not any(order.due(id) > 0 for id in order.line_ids)
        return order.status != "cancelled" and not emptied
    return order.sum("capture") >= order.total and order.kept > 0


def standing(order: Order, before: Standing, recorded: Recorded) -> Standing:
    """The answer after an event. If a refund did not happen after all, the order is paid since its payment."""
    if not paid(order):
        return before._replace(is_paid=False, sale=None)
    since = before.paid
    if since is None or not (before.is_paid or isinstance(recorded.event, PaymentReversed)):
        since = When.of(recorded)
    buyer = Buyer(order.customer_id, order.placed.lead_id if order.placed else None)
    return Standing(True, since, Sale(buyer, order.total, since) if any(buyer) else None)


def followed(store: Streams) -> Turns[Order, Standing]:
    """The orders that can convert: those that name a campaign and are no tests."""
    return Turns(Order, store, Standing(), standing, lambda order: _campaign_id(order) is not None)


def conversions(store: Streams) -> Policy:
    orders = followed(store)

    def react(recorded: Recorded) -> Iterable[Reaction]:
        turn = orders.turn(recorded)
        return () if turn is None else _reactions(turn, recorded)

    return Policy(NAME, tuple(Order.events), react)


def _reactions(turn: Turn[Order, Standing], recorded: Recorded) -> Iterator[Reaction]:
    order, before, after = turn.aggregate, turn.before.sale, turn.after.sale
    facts = {"order_id": order.id, "campaign_id": _campaign_id(order)}
    now = facts | {"sale": after, "currency": order.currency, "turn": recorded.version}
    reason = REASONS.get(type(recorded.event), AMENDED)
    if before and after and before._replace(value=after.value) == after:
        if before != after:
            yield Reaction(restate, now | {"before": before.value})
        return
    if before:
        yield Reaction(reverse, facts | {"buyer": before.buyer, "reason": reason})
    if after:
        yield Reaction(convert, now)


def convert(work: UnitOfWork, *, order_id: UUID, campaign_id: UUID, sale: Sale, currency: str, turn: int) -> Aggregate:
    """Records the conversion as of the payment, with the order's total as its value. `turn` is the order's version.

    Raises CustomerErased.
    """
    context = sale.paid.context(work.context)
    for member in members(work, campaign_id, sale.buyer):
        if _in_window(work, context, campaign_id, member):
            _convert(context, member, Facts(order_id, campaign_id, sale, currency, turn))
            break
    return work.load(Order, order_id)


def reverse(work: UnitOfWork, *, order_id: UUID, campaign_id: UUID, buyer: Buyer, reason: str) -> Aggregate:
    """Reverses the conversions of the order. Raises CustomerErased."""
    for member in members(work, campaign_id, buyer):
        for conversion in _current(member, order_id):
            member.reverse_conversion(work.context, conversion.conversion_id, reason=reason)
    return work.load(Order, order_id)


def restate(
    work: UnitOfWork, *, order_id: UUID, campaign_id: UUID, sale: Sale, currency: str, turn: int, before: Decimal
) -> Aggregate:
    """Records a conversion again whose value is the order's earlier total. Raises CustomerErased."""
    for member in members(work, campaign_id, sale.buyer):
        if any(conversion.value == before for conversion in _current(member, order_id)):
            for conversion in _current(member, order_id):
                member.reverse_conversion(work.context, conversion.conversion_id, reason=AMENDED)
            _convert(sale.paid.context(work.context), member, Facts(order_id, campaign_id, sale, currency, turn))
    return work.load(Order, order_id)


class Facts(NamedTuple):
    """The facts of a conversion."""

    order_id: UUID
    campaign_id: UUID
    sale: Sale
    currency: str
    turn: int


def _convert(context: Context, member: CampaignMember, facts: Facts) -> None:
    """Records the conversion under the order's id; under an id with the turn if the order was a conversion before."""
    first = str(facts.order_id)
    converted = Converted(
        campaign_id=facts.campaign_id,
        customer_id=member.customer_id,
        lead_id=None if member.customer_id else facts.sale.buyer.lead_id,
        conversion_id=first if first not in member.conversions else f"{first}#{facts.turn}",
        order_id=facts.order_id,
        value=facts.sale.value,
        currency=facts.currency,
    )
    member.convert(context, converted)


def _current(member: CampaignMember, order_id: UUID) -> list[Converted]:
    known = member.conversions.items()
    return [one for id, one in known if one.order_id == order_id and id not in member.reversed]


def members(work: UnitOfWork, campaign_id: UUID, buyer: Buyer) -> list[CampaignMember]:
    """The buyer as a member of the campaign: as the order's customer, as the survivor of a merge, and as a lead.

    Raises CustomerErased.
    """
    ids = []
    if buyer.customer_id is not None:
        ids += [buyer.customer_id, surviving_customer(work, buyer.customer_id).id]
    if buyer.lead_id is not None and not work.load(Lead, buyer.lead_id).erased:
        ids.append(buyer.lead_id)
    known = (work.load(CampaignMember, member_id(campaign_id, id)) for id in dict.fromkeys(ids))
    return [member for member in known if member.exists]


def _campaign_id(order: Order) -> UUID | None:
    return order.placed.campaign_id if order.placed and not order.placed.test else None


def _in_window(work: UnitOfWork, context: Context, campaign_id: UUID, member: CampaignMember) -> bool:
    """Whether the payment is after the targeting and within the campaign's window. Without a window, any later time counts."""
    targeted = member.targeted_at
    if targeted is None or over_before(context, targeted):
        return False
    window = work.existing(Campaign, campaign_id).plan.get("attribution_window_days")
    return window is None or context.at <= targeted + timedelta(days=window)
