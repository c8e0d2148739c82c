"""The read models that an answer about one customer needs, including the read models of merges."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from projections.customers.merging import READ


def of_customer(name: str, customer_id: UUID | None, *others: str) -> Mapping[str, None]:
    """The read model of a list. A list of one customer also needs the read models of merges, and the `others`."""
    return dict.fromkeys((name,) if customer_id is None else (name, *READ, *others))
