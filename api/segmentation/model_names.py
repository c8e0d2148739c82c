"""A model in a path or a query: its name, from which its id is derived, or its id."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path

from domain.shared.aggregate import Aggregate
from domain.shared.ids import derived_id

ModelName = Annotated[str, Path(min_length=1, max_length=64, description="A model's name or id.")]


def id_by_name(kind: type[Aggregate], name: str) -> UUID:
    """The id of the model of this kind with this name; an id is returned unchanged."""
    try:
        return UUID(name)
    except ValueError:
        return derived_id(kind.name, name)


def in_path(kind: type[Aggregate]) -> Any:
    """A dependency: the id of the model that the path names."""

    async def model_id(model: ModelName) -> UUID:
        return id_by_name(kind, model)

    return Depends(model_id)
