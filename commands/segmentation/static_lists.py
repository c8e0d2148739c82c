"""The commands on static lists."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from commands.shared.deciding import begins, decides
from commands.shared.references import surviving_customer, survivors_of
from commands.shared.unit_of_work import UnitOfWork
from domain.segmentation.static_list import StaticList

create = begins(StaticList, StaticList.create, "list_id")


def add_members(work: UnitOfWork, *, list_id: UUID, customer_ids: Sequence[UUID]) -> StaticList:
    """Adds all customers or none. Refuses an unknown or erased customer; for a merged customer, the survivor is added."""
    found = work.existing(StaticList, list_id)
    found.add_members(work.context, [surviving_customer(work, id).id for id in customer_ids])
    return found


def remove_members(
    work: UnitOfWork, *, list_id: UUID, customer_ids: Sequence[UUID], merged_ids: Sequence[UUID] = ()
) -> StaticList:
    """Ignores customers who are not on the list, and erased customers.

    `merged_ids` are those who may be merged into the customers: each who is merged into one of them is removed too.
    """
    found, wanted = work.existing(StaticList, list_id), set(customer_ids)
    merged = [id for id in merged_ids if not wanted.isdisjoint(survivors_of(work, id))]
    found.remove_members(work.context, customer_ids, merged)
    return found


retire = decides(StaticList, StaticList.retire, "list_id")
