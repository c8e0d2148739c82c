"""Field definitions over HTTP, by the kind of thing and the attribute's key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, StringConstraints

from api.operations import configuration_schemas as schemas
from api.shared.access import may
from api.shared.commanding import carry_out
from api.shared.fields import SYSTEM, Told
from api.shared.looking import look_at, look_back
from api.shared.openapi import ACCEPTED, CREATED, exported, listed, one
from api.shared.past import Resource, When
from api.shared.reading import After, AnyCode, Cursor, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.strict import StrictRoute
from commands.customers import field_definitions as commands
from domain.customers.field_definition import (
    NAME_LENGTH,
    OPTION_LENGTH,
    OPTION_LIMIT,
    FieldDefinition,
    Kind,
    field_definition_id,
)
from projections.customers import field_definitions as read_model

PREFIX = "/v1/field-definitions"

commanding = APIRouter(
    prefix=PREFIX,
    tags=["field-definitions"],
    route_class=StrictRoute,
    dependencies=[may("field-definitions:write")],
    responses=ACCEPTED,
)
reading = APIRouter(prefix=PREFIX, tags=["field-definitions"], dependencies=[may("field-definitions:read")])

FIELDS = Resource(FieldDefinition, read_model.field_definitions, read_model.get)

Entity = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["customer"])]
Key = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM, examples=["size"])]
Option = Annotated[str, StringConstraints(min_length=1, max_length=OPTION_LENGTH)]


class FieldBody(Told):
    """What the attribute is called and which values it takes. Its kind, and whether it is personal, stay for good."""

    kind: Kind
    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)]
    options: Annotated[list[Option], Field(max_length=OPTION_LIMIT, description="All values of a choice.")] = []
    personal: bool | None = Field(
        default=None,
        description="Whether a value may tell of a person. Null leaves it to the kind: texts, choices and dates do, numbers "
        "and flags do not. What is not personal is shown to everyone who may read the thing, and outlives an erasure.",
    )


@commanding.put("/{entity}/{key}", responses=CREATED)
async def define_or_revise(request: Request, entity: Entity, key: Key, body: FieldBody) -> Response:
    """Define a field; of one that is there, change its name and its options."""
    answer = await carry_out(
        request,
        commands.define_or_revise,
        body,
        target=field_definition_id(entity, key),
        location=PREFIX,
        entity=entity,
        key=key,
        **body.facts(),
    )
    if "Location" in answer.headers:
        answer.headers["Location"] = f"{PREFIX}/{quote(entity)}/{quote(key)}"
    return answer


@commanding.post("/{entity}/{key}/retirement")
async def retire(request: Request, entity: Entity, key: Key, body: Told | None = None) -> Response:
    """Ask for it no more. Its values stay."""
    id = field_definition_id(entity, key)
    return await carry_out(request, commands.retire, body, target=id, entity=entity, key=key)


@reading.get("", responses=exported(listed(schemas.FIELD_DEFINITION), schemas.FIELD_DEFINITION))
async def definitions(
    request: Request,
    after: After,
    entity: AnyCode = None,
    retired: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Fields in the order of their keys."""
    return await listing(
        request,
        "field_definitions",
        after,
        lambda connection, limit, cursor: read_model.listing(
            connection, read_model.Filter(entity=entity, retired=retired), limit=limit, cursor=cursor
        ),
        show=shown,
        limit=limit,
        cursor=cursor,
    )


@reading.get("/{entity}/{key}", responses=one(schemas.FIELD_DEFINITION))
async def definition(request: Request, after: After, when: When, entity: Entity, key: Key) -> Response:
    """One field."""
    id = field_definition_id(entity, key)
    return await look_at(request, FIELDS, id, after, when, name="field", called=f"{entity}/{key}", show=shown)


@reading.get("/{entity}/{key}/history", responses=listed(CHANGE, 404))
async def history(request: Request, entity: Entity, key: Key) -> Response:
    """Every event of the field, with what it changed."""
    id = field_definition_id(entity, key)
    return await look_back(request, FIELDS, id, name="field", called=f"{entity}/{key}", show=shown)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["field_id"], **{name: value for name, value in row.items() if name != "field_id"}}
