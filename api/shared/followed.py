"""Which read models an answer about one customer is made of: also those that say who was merged into them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from projections.customers.merging import READ


def of_customer(name: str, customer_id: UUID | None, *others: str) -> Mapping[str, None]:
    """The read model of a list, and where it is asked of one customer those that say who they are."""
    return dict.fromkeys((name,) if customer_id is None else (name, *READ, *others))
