"""Events of a customer's relations to other customers. Names and payloads are permanent."""

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
    """This customer has a relation to another one, such as being their employee. `since` is its first day, if known.

    The title is personal data of this customer, not of the other one, and is erased only with this customer. A primary
    relation replaces the previous primary relation of its role.
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
    """The relation has ended. `until` is the day after its last day."""

    relation_id: UUID
    other: UUID
    role: RelationRole
    until: date

    def apply(self, customer: Customer, metadata: Metadata) -> None:
        customer.note_relation_end(self.relation_id, self.until, metadata.occurred_at)

    def concerns(self) -> tuple[UUID, ...]:
        return (self.other,)
