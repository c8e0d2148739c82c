"""Commands that an import runs as one: what a row says of one thing stands or falls together."""

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
    """A command of a row, by the name that mappings call it."""

    name: str
    function: Callable[..., Aggregate]
    facts: Mapping[str, Any]
    occurred: Occurrence


def carry_out(work: UnitOfWork, *, steps: Sequence[Step], **_named: UUID) -> Aggregate:
    """The steps in order, each at its time; a refusal says as `command` which of them it was.

    `_named` are the ids that the steps will load, for the executor to read ahead.
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
    **facts: Unpack[customers.Facts],
) -> Customer:
    """Registers a customer, and links what their source calls them: `external` is (system, id)."""
    customer = customers.register(work, customer_id=customer_id, kind=kind, **facts)
    customer.link_external_id(work.context, *external)
    return customer
