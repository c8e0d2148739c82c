"""Looks in the read models for those who are merged into customers, so that a command on a survivor concerns them too."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import Request

from projections.customers.merging import parts_of


def merged_customers(request: Request, customer_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Everyone merged into these customers, according to the read models; the command checks it again.

    Customers who were merged only a moment ago may be missing.
    """
    with request.app.state.read_models.reader.connect() as connection:
        return tuple(sorted(id for ids in parts_of(connection, customer_ids).values() for id in ids))
