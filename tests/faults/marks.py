"""A policy that marks each registered customer each time it runs: only its receipts make it run once."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.policy import Policy, Reaction
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import Registered
from domain.shared.events import Recorded


def _mark(recorded: Recorded) -> Iterable[Reaction]:
    yield Reaction(add_a_mark, {"customer_id": recorded.stream})


def add_a_mark(work: UnitOfWork, *, customer_id: UUID) -> Customer:
    customer = work.existing(Customer, customer_id)
    customer.change_details(work.context, name=f"{customer.details['name']}!")
    return customer


marks = Policy("marks", (Registered,), _mark)
