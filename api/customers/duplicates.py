"""Looks for existing customers in the read models before a customer is registered."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog
from fastapi import Request
from sqlalchemy import exc
from starlette.concurrency import run_in_threadpool

from api.shared.commanding import receipt_key
from domain.customers.customer.events import ContactMethod
from domain.customers.customer.facts import contact_methods
from projections.customers.duplicates import reached_by

log = structlog.get_logger()


async def known_already(request: Request, methods: Sequence[ContactMethod], region: str | None) -> list[UUID]:
    """Existing customers with one of these contact methods, according to the read models. Empty for a repeated request.

    A customer who was registered only a moment ago is not found. While the read models are unavailable, no customer is
    found. Merging the duplicates later repairs that. Raises Malformed.
    """
    if not methods:
        return []
    stated = contact_methods(methods, region)
    try:
        candidates = await run_in_threadpool(_reached, request, stated)
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        # The error's text contains values of the query: log only its type.
        log.warning("did not look for duplicates", error=type(error).__name__)
        return []
    return candidates if candidates and not await _answered_before(request) else []


def _reached(request: Request, methods: Sequence[ContactMethod]) -> list[UUID]:
    with request.app.state.read_models.reader.connect() as connection:
        return reached_by(connection, methods)


async def _answered_before(request: Request) -> bool:
    """Whether this request was answered before: then it gets the same answer, and its own customer is not a duplicate."""
    receipt = await receipt_key(request)
    return receipt is not None and bool(await run_in_threadpool(request.app.state.store.receipts, [receipt]))
