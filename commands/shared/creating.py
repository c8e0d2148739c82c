"""Shared by the commands that create an aggregate: its number, and the facts that cannot change after creation."""

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
    """The number of a new aggregate: the given one or the next free one. An existing aggregate keeps its number.

    Raises NumberTaken.
    """
    if aggregate.number is not None:
        return number or aggregate.number
    if number is not None:
        return work.claim(aggregate.name, number, aggregate.id)
    return work.next_number(aggregate.name, aggregate.id)


def refuse_otherwise(aggregate: Aggregate, created: object, refusal: type[AlreadyThere], verb: str, **stated: object) -> None:
    """Raises the refusal if a stated value differs from the event that `created` the aggregate (such as `placed`)."""
    for name, value in stated.items():
        if getattr(created, name) != value:
            raise refusal(f"The {aggregate.name} was {verb} with another {name}, which cannot change.", id=aggregate.id)
