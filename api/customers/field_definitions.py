"""Field definitions over HTTP, by the kind of resource and the attribute's key."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response
from pydantic import Field, StringConstraints

from api.customers import field_definition_schemas as schemas
from api.shared.access import may
from api.shared.as_of import Resource
from api.shared.fields import SYSTEM, CommandBody
from api.shared.filtering import filters
from api.shared.openapi import ACCEPTED, CREATED
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import by_words
from api.shared.views import Key as KeyPath
from api.shared.views import Views
from commands.customers import field_definitions as commands
from domain.customers.field_definition import (
    NAME_LENGTH,
    OPTION_LENGTH,
    OPTION_LIMIT,
    Entity,
    FieldDefinition,
    Kind,
    field_definition_id,
)
from projections.customers import field_definitions as read_model

PREFIX = "/v1/field-definitions"

commanding = Router(
    prefix=PREFIX,
    tags=["field-definitions"],
    route_class=StrictRoute,
    dependencies=[may("field-definitions:write")],
    responses=ACCEPTED,
)
reading = Router(prefix=PREFIX, tags=["field-definitions"])

FIELDS = Resource(FieldDefinition, read_model.field_definitions, read_model.get)

EntityName = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["customer"])]
Key = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["size"])]
Option = Annotated[str, StringConstraints(min_length=1, max_length=OPTION_LENGTH)]


class FieldBody(CommandBody):
    """The name of the attribute and the values it takes. Its kind, and whether it is personal, can never change."""

    kind: Kind
    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)]
    options: Annotated[list[Option], Field(max_length=OPTION_LIMIT, description="All values of a choice.")] = []
    personal: bool | None = Field(
        default=None,
        description="Whether a value may be personal data. If null, the kind decides: texts, choices and dates are personal, "
        "numbers and flags are not. A value that is not personal is shown to everyone who may read the resource, and an "
        "erasure does not remove it.",
    )


@commanding.put("/{entity}/{key}", responses=CREATED)
async def define_or_revise(request: Request, entity: Entity, key: Key, body: FieldBody) -> Response:
    """Define a field. If it exists, change its name and its options."""
    id, words = field_definition_id(entity, key), {"entity": entity, "key": key}
    return await by_words(request, id, words, commands.define_or_revise, body, location=PREFIX)


@commanding.post("/{entity}/{key}/retirement")
async def retire(request: Request, entity: EntityName, key: Key, body: CommandBody | None = None) -> Response:
    """Retire a field: its definition no longer restricts values. Existing values stay."""
    return await by_words(request, field_definition_id(entity, key), {"entity": entity, "key": key}, commands.retire, body)


views = Views(
    reading,
    FIELDS,
    schemas.FIELD_DEFINITION,
    permission="field-definitions:read",
    name="field",
    row_key="field_id",
    key=KeyPath("{entity}/{key}", {"entity": EntityName, "key": Key}, field_definition_id),
)
views.many(
    read_model.listing,
    "Field definitions in the order of their keys.",
    called="definitions",
    filtered=filters(read_model.Filter),
)
views.one("One field definition.", called="definition")
views.history(called="history")
