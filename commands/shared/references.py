"""The other aggregates that a command names. They must exist; for a merged customer, the survivor is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, Protocol, TypeVar
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.customers.customer.refusals import CustomerMerged, CustomerUnknown
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

A = TypeVar("A", bound=Aggregate)


class OfCustomer(Protocol):
    """An event that names its customer, if that is known."""

    @property
    def customer_id(self) -> UUID | None: ...


def kinds(*classes: type[Aggregate]) -> Mapping[str, type[Aggregate]]:
    """The classes that a reference may name, by the reference's `kind`."""
    return {kind.name: kind for kind in classes}


ABOUT = kinds(Customer, Order, Ticket, Campaign, Lead, Deal, Interaction, Feedback)


def surviving_customer(work: UnitOfWork, customer_id: UUID, recorded: UUID | None = None) -> Customer:
    """The customer to record: the merge survivor.

    If the customer already `recorded` is on the chain of merges from the given one to the survivor, it stays the customer.
    Raises CustomerUnknown, and CustomerErased if the survivor is erased.
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


def or_on_survivor(command: Callable[..., A], fact: str = "customer_id") -> Callable[..., A]:
    """The command; if the customer that `fact` names refuses it because they are merged, it runs on the survivor.

    For commands of other systems: such a system knows the customer by its own id, and knows nothing of the merge.
    """

    @wraps(command)
    def run(work: UnitOfWork, **facts: Any) -> A:
        try:
            return command(work, **facts)
        except CustomerMerged as refusal:
            return command(work, **facts | {fact: surviving_customer(work, UUID(refusal.facts["id"])).id})

    return run


def survivors_of(work: UnitOfWork, customer_id: UUID) -> Iterator[UUID]:
    """The ids of everyone whom the customer was merged into, directly or through others. Empty for an unknown customer."""
    customer = work.load(Customer, customer_id)
    while customer.survivor is not None:
        yield customer.survivor
        customer = work.load(Customer, customer.survivor)


def version_of(work: UnitOfWork, customer_id: UUID) -> int:
    """The version of the customer, or of the survivor if they are merged. 0 if there is no such customer."""
    *_, last = customer_id, *survivors_of(work, customer_id)
    return work.load(Customer, last).version


def survivor_id(work: UnitOfWork, customer_id: UUID | None, recorded: UUID | None = None) -> UUID | None:
    return None if customer_id is None else surviving_customer(work, customer_id, recorded).id


def customer_concerned(
    work: UnitOfWork, recorded: OfCustomer | None, customer_id: UUID | None, lead_id: UUID | None
) -> UUID | None:
    """The customer to record: the given one, or else the customer that the lead has when the fact is first recorded.

    Raises NotThere, CustomerUnknown, CustomerErased.
    """
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
    """Checks that each referenced aggregate exists. Raises like `named`."""
    for reference in about:
        named(work, reference, what, among)


def named(work: UnitOfWork, about: Reference, what: str, among: Mapping[str, type[Aggregate]]) -> Aggregate:
    """The aggregate that a reference names. Raises NotThere, and Malformed if its kind is not `among` the allowed ones."""
    if about.kind not in among:
        raise Malformed(f"{what} can only be about one of {', '.join(among)}.")
    return work.existing(among[about.kind], about.id)
