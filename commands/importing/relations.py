"""The importable commands on a customer's relations, and the facts of each command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from commands.customers import relations
from commands.importing.called import Called
from commands.importing.statements import Facts, Importable
from commands.shared.references import or_on_survivor
from domain.customers.customer.customer import Customer
from domain.customers.customer.relation_events import RelationRole
from domain.shared.ids import keyed_id


class Relation(Facts, frozen=True, kw_only=True):
    """`other` is the source's id of the other customer, `relation` its id of the relation, if it has one."""

    other: str
    role: RelationRole
    relation: str | None = None
    title: str | None = None
    primary: bool = False
    since: date | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        stated = self.stated()
        stated.pop("relation", None)
        relation_id, other = _relation_id(called, self.relation, self.role, self.other), called.other("customer", self.other)
        return {**stated, "customer_id": called.id, "relation_id": relation_id, "other": other}


class Ending(Facts, frozen=True, kw_only=True):
    """`until` is the day after the last day. The other facts are those with which the relation was added; they identify it."""

    until: date
    relation: str | None = None
    other: str | None = None
    role: RelationRole | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        relation_id = _relation_id(called, self.relation, self.role, self.other)
        return {"customer_id": called.id, "relation_id": relation_id, "until": self.until}


RELATIONS: Mapping[str, Importable] = {
    "customer.add_relation": Importable(Customer, or_on_survivor(relations.add), Relation, describes=True),
    "customer.end_relation": Importable(Customer, relations.end, Ending),
}


def _relation_id(called: Called, relation: str | None, role: str | None, other: str | None) -> UUID:
    """The relation's id, the same in every import: derived from the source's id, or from role and other if there is none."""
    named = f"{role} {other}" if relation is None else relation
    return keyed_id(called.secret, "relation", str(called.id), named)
