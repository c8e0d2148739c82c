"""Whom a command names beside the one that it acts on: they must be there, and for a merged one the survivor is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol
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


class OfCustomer(Protocol):
    """An event of a customer, or of nobody known."""

    @property
    def customer_id(self) -> UUID | None: ...


def kinds(*classes: type[Aggregate]) -> Mapping[str, type[Aggregate]]:
    """What something may be about, by the kind that references call it."""
    return {kind.name: kind for kind in classes}


ABOUT = kinds(Customer, Order, Ticket, Campaign, Lead, Deal, Interaction, Feedback)


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


def survivor_id(work: UnitOfWork, customer_id: UUID | None, recorded: UUID | None = None) -> UUID | None:
    return None if customer_id is None else surviving_customer(work, customer_id, recorded).id


def customer_concerned(
    work: UnitOfWork, recorded: OfCustomer | None, customer_id: UUID | None, lead_id: UUID | None
) -> UUID | None:
    """The customer to record: the one named, or else the lead's when it was recorded. Raises NotThere, CustomerErased."""
    lead = None if lead_id is None else work.existing(Lead, lead_id)
    if recorded is not None:
        known = recorded.customer_id
        return known if customer_id is None else surviving_customer(work, customer_id, known).id
    if customer_id is None and lead is not None:
        customer_id = lead.customer_id
    return survivor_id(work, customer_id)


def require(
    work: UnitOfWork, about: Iterable[Reference], what: str = "Something", among: Mapping[str, type[Aggregate]] = ABOUT
) -> None:
    """Each must exist, as in `named`."""
    for reference in about:
        named(work, reference, what, among)


def named(work: UnitOfWork, about: Reference, what: str, among: Mapping[str, type[Aggregate]]) -> Aggregate:
    """What a reference names. Raises NotThere, and Malformed for a kind of thing that `what` is not about."""
    if about.kind not in among:
        raise Malformed(f"{what} is about one of {', '.join(among)}.")
    return work.existing(among[about.kind], about.id)
