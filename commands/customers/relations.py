"""A customer's relations to others: to the firm they work for, to their household, to whom they are parent or partner of."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec.structs import replace

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.customers.customer.relation_events import RelationAdded, RelationRole


def add(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    relation_id: UUID,
    other: UUID,
    role: RelationRole,
    primary: bool = False,
    since: date | None = None,
    title: str | None = None,
) -> Customer:
    """The customer is the other's employee, say. For an other merged into another, the survivor is recorded.

    Raises CustomerUnknown, CustomerErased, and what `Customer.add_relation` refuses.
    """
    customer = work.existing(Customer, customer_id)
    told = RelationAdded(relation_id=relation_id, other=other, role=role, primary=primary, since=since, title=title)
    survivor = surviving_customer(work, other, other if customer.has_relation(told) else None)
    customer.add_relation(work.context, replace(told, other=survivor.id))
    return customer


def end(work: UnitOfWork, *, customer_id: UUID, relation_id: UUID, until: date) -> Customer:
    """Ends what was told of the customer themselves, also when they were merged since.

    Raises CustomerErased where whoever they were merged into is erased, and they with them.
    """
    surviving_customer(work, customer_id)
    customer = work.existing(Customer, customer_id)
    customer.end_relation(work.context, relation_id, until)
    return customer
