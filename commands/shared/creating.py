"""What the commands that create an aggregate have in common: its number, and the facts that stay as it was created."""

from __future__ import annotations

from typing import TypeAlias

from commands.shared.unit_of_work import UnitOfWork
from domain.sales.deal.deal import Deal
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.service.ticket.ticket import Ticket
from domain.shared.aggregate import Aggregate
from domain.shared.refusals import AlreadyThere

Numbered: TypeAlias = Order | Ticket | Lead | Deal


def number_for(work: UnitOfWork, aggregate: Numbered, number: str | None) -> str:
    """The number to create it with. One that exists keeps its own, and a repeat draws none. Raises NumberTaken."""
    if aggregate.number is not None:
        return number or aggregate.number
    if number is not None:
        return work.claim(aggregate.name, number, aggregate.id)
    return work.next_number(aggregate.name, aggregate.id)


def refuse_otherwise(aggregate: Aggregate, created: object, refusal: type[AlreadyThere], verb: str, **stated: object) -> None:
    """Raises the refusal where the aggregate was `created`, that is `placed` or `opened`, with another value."""
    for name, value in stated.items():
        if getattr(created, name) != value:
            raise refusal(f"The {aggregate.name} was {verb} with another {name}, which stays.", id=aggregate.id)
