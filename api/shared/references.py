"""References to other resources in requests."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from api.shared.fields import Body
from domain.shared.reference import Reference


class ReferenceBody(Body):
    """A reference to a resource in this store."""

    states = Reference

    kind: Literal["customer", "order", "ticket", "campaign", "lead", "deal", "interaction", "feedback"]
    id: UUID


About = Annotated[list[ReferenceBody], Field(max_length=100)]
AboutId = Annotated[UUID | None, Query(description="Only those that are about the resource with this id.")]
