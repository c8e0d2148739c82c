"""Looks in the read models for those who are merged into customers, so that a command on a survivor concerns them too."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from projections.customers.merging import READ, parts_of

PATIENCE = 1.0
"""Seconds that a command waits for the read models, so that a merge of a moment ago counts."""


async def merged_customers(request: Request, customer_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Everyone merged into these customers, according to the read models; the command checks it again.

    If the read models are more than PATIENCE behind, customers who were merged in the meantime may be missing.
    """
    store: EventStore = request.app.state.store
    completeness: Completeness = request.app.state.completeness
    await completeness.wait(dict.fromkeys(READ), await run_in_threadpool(store.head), PATIENCE)
    return await run_in_threadpool(_known, request, customer_ids)


def _known(request: Request, customer_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    with request.app.state.read_models.reader.connect() as connection:
        return tuple(sorted(id for ids in parts_of(connection, customer_ids).values() for id in ids))
