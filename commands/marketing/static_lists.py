"""What can be asked of static lists."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.static_list import StaticList


def create(work: UnitOfWork, *, list_id: UUID, name: str) -> StaticList:
    """The same name again is a repeat. Raises ListCreatedOtherwise."""
    created = work.load(StaticList, list_id)
    created.create(work.context, name)
    return created


def add_members(work: UnitOfWork, *, list_id: UUID, customer_ids: Sequence[UUID]) -> StaticList:
    """All of them or none: a customer who is unknown or erased is refused; of one who was merged, the survivor is added."""
    found = work.existing(StaticList, list_id)
    found.add_members(work.context, [surviving_customer(work, id).id for id in customer_ids])
    return found


def remove_members(work: UnitOfWork, *, list_id: UUID, customer_ids: Sequence[UUID]) -> StaticList:
    """Whoever is not on it is passed over, also who was erased."""
    found = work.existing(StaticList, list_id)
    found.remove_members(work.context, customer_ids)
    return found


def retire(work: UnitOfWork, *, list_id: UUID) -> StaticList:
    found = work.existing(StaticList, list_id)
    found.retire(work.context)
    return found
