"""The command of an import: all facts of a row about one thing are recorded together, or none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Unpack
from uuid import UUID

import msgspec

from commands.customers import customers
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import Kind
from domain.shared.aggregate import Aggregate
from domain.shared.occurrence import Occurrence
from domain.shared.refusals import Refusal


class Step(NamedTuple):
    """One command of a row. `name` is its name in mappings."""

    name: str
    function: Callable[..., Aggregate]
    facts: Mapping[str, Any]
    occurred: Occurrence


def carry_out(work: UnitOfWork, *, steps: Sequence[Step], **_named: UUID) -> Aggregate:
    """Runs the steps in order, each at its own time. A refusal names the refused step in its fact `command`.

    `_named` are the ids that the steps load; the executor uses them to read ahead.
    """
    begun = work.context
    for step in steps:
        at, precision, zone = step.occurred
        work.context = msgspec.structs.replace(begun, occurred_at=at, occurred_precision=precision, occurred_zone=zone)
        try:
            aggregate = step.function(work, **step.facts)
        except Refusal as refusal:
            refusal.facts["command"] = step.name
            raise
    return aggregate


def register_customer(
    work: UnitOfWork,
    *,
    customer_id: UUID,
    external: tuple[str, str],
    kind: Kind = "person",
    allow_duplicate: bool = True,
    **facts: Unpack[customers.Facts],
) -> Customer:
    """Registers a customer and links the source's id: `external` is (system, id). For an existing one, it links nothing."""
    customer = customers.register(work, customer_id=customer_id, kind=kind, allow_duplicate=allow_duplicate, **facts)
    if customer.pending:
        customer.link_external_id(work.context, *external)
    return customer
