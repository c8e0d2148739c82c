"""Relations of a customer to other customers: employer, household, children, partners."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from domain.customers.customer.consent import Consenting
from domain.customers.customer.refusals import (
    RelatedToThemselves,
    RelationAlreadyThere,
    RelationEndsBeforeItBegins,
    TooManyRelations,
    UnknownRelation,
)
from domain.customers.customer.relation_events import RelationAdded, RelationEnded, RelationRole
from domain.shared.aggregate import decision
from domain.shared.events import Context
from domain.shared.text import choice, optional_text

RELATION_LIMIT = 500


class KnownRelation(NamedTuple):
    """The state of a relation. `until` is the day after its last day; `ended_at` is when the end occurred. None if in force."""

    added: RelationAdded
    until: date | None = None
    ended_at: datetime | None = None


class Relating(Consenting):
    """Mix-in: the decisions on relations. Erasing a customer does not erase related customers."""

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.relations: dict[UUID, KnownRelation] = {}

    @decision
    def add_relation(self, context: Context, relation: RelationAdded) -> None:
        """Records nothing if the relation already exists with the same values.

        Raises RelatedToThemselves, RelationAlreadyThere, TooManyRelations or Malformed.
        """
        self.require()
        relation = checked(relation)
        if relation.other == self.id:
            raise RelatedToThemselves
        if self.has_relation(relation):
            return
        if relation.relation_id in self.relations:
            raise RelationAlreadyThere(relation_id=relation.relation_id)
        if len(self._relations_in_force()) >= RELATION_LIMIT:
            raise TooManyRelations
        self.record(context, relation)

    @decision
    def end_relation(self, context: Context, relation_id: UUID, until: date) -> None:
        """Records another event if the day differs from the recorded one.

        Raises UnknownRelation; RelationEndsBeforeItBegins (a flag on import).
        """
        if relation_id not in self.relations:
            raise UnknownRelation(relation_id=relation_id)
        known = self.relations[relation_id]
        flags: tuple[str, ...] = ()
        if known.added.since and until < known.added.since:
            flags = self.refuse(context, RelationEndsBeforeItBegins(relation_id=relation_id))
        ended = RelationEnded(relation_id=relation_id, other=known.added.other, role=known.added.role, until=until)
        self.record_status(context, ended, known.ended_at if known.until == until else None, *flags)

    # State

    def has_relation(self, relation: RelationAdded) -> bool:
        """Whether a relation with the same values was added under this id, or is in force under another id."""
        known = self.relations.get(relation.relation_id)
        if known is not None:
            return known.added == relation
        return any(replace(added, relation_id=relation.relation_id) == relation for added in self._relations_in_force())

    def note_new_relation(self, relation: RelationAdded) -> None:
        self.relations[relation.relation_id] = KnownRelation(relation)

    def note_relation_end(self, relation_id: UUID, until: date, at: datetime) -> None:
        if relation_id in self.relations:
            self.relations[relation_id] = self.relations[relation_id]._replace(until=until, ended_at=at)

    def _relations_in_force(self) -> list[RelationAdded]:
        """The relations that have not ended."""
        return [known.added for known in self.relations.values() if known.until is None]


def checked(relation: RelationAdded) -> RelationAdded:
    """The relation in the form in which it is recorded. Raises Malformed."""
    choice(relation.role, RelationRole, "role")
    return replace(relation, title=optional_text(relation.title, "title"))
