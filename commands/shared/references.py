"""Whom a command names beside the one that it acts on: they must be there, and for a merged one the survivor is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.customers.customer.refusals import CustomerUnknown
from domain.customers.feedback.feedback import Feedback
from domain.customers.interaction import Interaction
from domain.marketing.campaign.campaign import Campaign
from domain.sales.deal.deal import Deal
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.service.ticket.ticket import Ticket
from domain.shared.aggregate import Aggregate
from domain.shared.reference import Reference
from domain.shared.refusals import Malformed

ABOUT: Mapping[str, type[Aggregate]] = {
    kind.name: kind for kind in (Customer, Order, Ticket, Campaign, Lead, Deal, Interaction, Feedback)
}
"""What something may be about, by the kind that references call it."""


def surviving_customer(work: UnitOfWork, customer_id: UUID, recorded: UUID | None = None) -> Customer:
    """The customer to record: whoever survived merging, or on the way there the one that is `recorded` already.

    Raises CustomerUnknown, CustomerErased; whoever was merged is erased with their survivor.
    """
    customer = work.load(Customer, customer_id)
    line = [customer]
    while customer.survivor is not None:
        customer = work.load(Customer, customer.survivor)
        line.append(customer)
    if not customer.exists:
        raise CustomerUnknown(f"There is no customer {customer_id}.", customer_id=customer_id)
    customer.admit()
    return next((one for one in line if one.id == recorded), customer)


def require(work: UnitOfWork, about: Iterable[Reference]) -> None:
    """Raises NotThere, and Malformed for a kind of thing that nothing is about."""
    for reference in about:
        if reference.kind not in ABOUT:
            raise Malformed(f"Something is about one of {', '.join(ABOUT)}.")
        work.existing(ABOUT[reference.kind], reference.id)
