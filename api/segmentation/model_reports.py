"""Reports on a segment model: which model a request is about, and how every answer about it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.segmentation.segment_models import LABELS, id_of, last_fit
from api.shared.nearest import because
from api.shared.problems import Problem
from api.shared.reading import not_yet, read
from domain.shared.refusals import NotThere
from projections.segmentation import segment_models
from projections.segmentation.segment_models import BASELINE, Model

R = TypeVar("R")

Named = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=64,
        description="A model's name or id; by default the model `baseline`, or else the only active one.",
    ),
]

# Merged customers count with their survivor.
READ: Mapping[str, UUID | None] = {LABELS: None, "customer_view": None}


def heading(model: Model, definition: str, position: int) -> dict[str, Any]:
    """What every report on a model says first."""
    return {
        "model_id": model.model_id,
        "model": model.fitted.name,
        "status": model.status,
        "fit_position": model.fit_position,
        "cut_off_day": model.fitted.cut_off_day,
        "definition": definition,
        "position": position,
    }


def asked_id(connection: Connection, named: str | None) -> UUID | None:
    """The id of the model with this name or id, or of the default one; None if there is no default."""
    return id_of(named) if named else segment_models.by_default(connection)


async def of_model(
    request: Request,
    after: int,
    named: str | None,
    query: Callable[[Connection, Model], R],
    read_models: Mapping[str, UUID | None] = READ,
) -> tuple[Model, R, int]:
    """The model that the request is about, the result of the query about it, and the position of both.

    Raises Problem 404 if there is no such model, and Problem 503 if it is recorded, but no read model shows it yet.
    """

    def found(connection: Connection) -> tuple[Model, R] | list[str]:
        id = asked_id(connection, named)
        model = segment_models.known(connection).models.get(id) if id else None
        return segment_models.names(connection) if model is None else (model, query(connection, model))

    answer, position = await read(request, read_models, after, found, snapshot=True)
    if isinstance(answer, tuple):
        return *answer, position
    if named is not None:
        await _refuse_until_read(request, id_of(named), position)
    name = named or BASELINE
    detail = because(f"There is no segment model {name}", name, answer)
    raise Problem(404, "not-there", detail, headers={"Position": str(position)})


async def _refuse_until_read(request: Request, id: UUID, reached: int) -> None:
    """Raises Problem 503 if the log has the model, but the read model has not followed yet: a large fit takes its time."""
    state = request.app.state
    with suppress(NotThere):
        await run_in_threadpool(last_fit, state.store, id)
        raise not_yet(LABELS, await run_in_threadpool(state.store.head), reached)
