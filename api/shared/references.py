"""What requests say something is about."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.shared.fields import Body
from domain.shared.reference import Reference


class ReferenceBody(Body):
    """Something of this store."""

    kind: Literal["customer", "order", "ticket", "campaign", "lead", "deal", "interaction", "feedback"]
    id: UUID

    def value(self) -> Reference:
        return Reference(kind=self.kind, id=self.id)


About = Annotated[list[ReferenceBody], Field(max_length=100)]


def references(about: About) -> tuple[Reference, ...]:
    return tuple(one.value() for one in about)
