"""What can happen to a customer's relations to others. Names and payloads are permanent."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from domain.shared.events import Event, Metadata
from domain.shared.personal import Personal

if TYPE_CHECKING:
    from domain.customers.customer.customer import Customer

RelationRole = Literal["employee", "household", "parent", "partner"]


class RelationAdded(Event, frozen=True, tag="crm.customer.relation_added.v1"):
    """This customer is the other's employee, say; `since` is the first day of it, where that is known.

    The title is theirs, not the other's: each is erased alone. A primary one takes the place of the one of its role that was.
    """

    relation_id: UUID
    other: UUID
    role: RelationRole
    primary: bool = False
    since: date | None = None
    title: Personal[str] = None

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_new_relation(self)

    def concerns(self) -> tuple[UUID, ...]:
        return (self.other,)


class RelationEnded(Event, frozen=True, tag="crm.customer.relation_ended.v1"):
    """It holds no more; `until` is the day after its last."""

    relation_id: UUID
    other: UUID
    role: RelationRole
    until: date

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_relation_end(self.relation_id, self.until, metadata.occurred_at)

    def concerns(self) -> tuple[UUID, ...]:
        return (self.other,)
