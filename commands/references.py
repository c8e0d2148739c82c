"""Whom a command names beside the one that it acts on: they must be there, and for a merged one the survivor is meant."""

from __future__ import annotations

from uuid import UUID

from commands.unit_of_work import UnitOfWork
from domain.customer import Customer, CustomerUnknown


def surviving_customer(work: UnitOfWork, customer_id: UUID, recorded: UUID | None = None) -> Customer:
    """The customer to record: whoever survived merging, or on the way there the one that is `recorded` already.

    Raises CustomerUnknown, CustomerErased.
    """
    customer = work.load(Customer, customer_id)
    while customer.survivor is not None and customer.id != recorded:
        customer = work.load(Customer, customer.survivor)
    if not customer.exists:
        raise CustomerUnknown(f"There is no customer {customer_id}.", customer_id=customer_id)
    customer.admit()
    return customer
