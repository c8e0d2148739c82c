"""The commands on field definitions, each identified by a kind of aggregate and an attribute's key."""

from __future__ import annotations

from collections.abc import Mapping

from commands.shared.deciding import begins, decides
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.field_definition import AttributeDoesNotFit, FieldDefinition, field_definition_id
from domain.shared.attributes import Number

define_or_revise = begins(FieldDefinition, FieldDefinition.define, field_definition_id)
retire = decides(FieldDefinition, FieldDefinition.retire, field_definition_id)


def plain_keys(work: UnitOfWork, entity: str, attributes: Mapping[str, str | Number | None]) -> frozenset[str]:
    """The keys of the attributes that their field definitions mark as not personal.

    Raises AttributeDoesNotFit if a field is defined for an attribute and does not accept its value.
    """
    fields = {
        key: work.load(FieldDefinition, field_definition_id(entity, key))
        for key, value in attributes.items()
        if value is not None
    }
    for key, field in fields.items():
        if not field.admits(attributes[key]):
            raise AttributeDoesNotFit(f"The field {key!r} does not accept this attribute's value.", entity=entity, key=key)
    return frozenset(key for key, field in fields.items() if field.plain)
