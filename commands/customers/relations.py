"""A customer's relations to other customers: to an employer, a household, a child or a partner."""

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
    """Adds a relation, such as that the customer is an employee of `other`. For a merged `other`, the survivor is recorded.

    Raises CustomerUnknown, CustomerErased, and the refusals of `Customer.add_relation`.
    """
    customer = work.existing(Customer, customer_id)
    relation = RelationAdded(relation_id=relation_id, other=other, role=role, primary=primary, since=since, title=title)
    survivor = surviving_customer(work, other, other if customer.has_relation(relation) else None)
    customer.add_relation(work.context, replace(relation, other=survivor.id))
    return customer


def end(work: UnitOfWork, *, customer_id: UUID, relation_id: UUID, until: date) -> Customer:
    """Ends a relation of this customer, even if the customer was merged into another one in the meantime.

    Raises CustomerErased if the merge survivor is erased, because that erases the merged customer too.
    """
    surviving_customer(work, customer_id)
    customer = work.existing(Customer, customer_id)
    customer.end_relation(work.context, relation_id, until)
    return customer
