"""The commands on tickets."""

from __future__ import annotations

from typing import Any, NotRequired, Unpack, get_args
from uuid import UUID

from commands.shared.creating import number_for, refuse_otherwise
from commands.shared.deciding import decides
from commands.shared.references import kinds, require, surviving_customer, survivor_id
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.sales.order.order import Order
from domain.service.ticket.refusals import TicketOpenedOtherwise
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import Detail, Facts, OpenedBy
from domain.shared.reference import Reference

IMMUTABLE = ("channel", "follow_up_of", "parent_id")
ABOUT = kinds(Customer, Order, Ticket)
"""The classes that a ticket may be about, by the reference's `kind`."""


def open(
    work: UnitOfWork,
    *,
    ticket_id: UUID,
    opened_by: OpenedBy,
    number: str | None = None,
    customer_id: UUID | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Ticket:
    """Opens a ticket; the same values again change nothing. Without a number it gets the next free one.

    `external` is (system, id). An unknown or erased customer, an unknown related ticket and an unknown aggregate in `about` are
    refused; for a merged customer, the survivor is recorded. Raises NumberTaken, TicketOpenedOtherwise.
    """
    ticket = work.load(Ticket, ticket_id)
    require(work, facts.get("about", ()), "A ticket", ABOUT)
    for other in (facts.get("follow_up_of"), facts.get("parent_id")):
        if other is not None and other != ticket_id:
            work.existing(Ticket, other)
    ticket.open(
        work.context,
        number=number_for(work, ticket, number),
        opened_by=opened_by,
        customer_id=survivor_id(work, customer_id, ticket.opened.customer_id if ticket.opened else None),
        external=external,
        **facts,
    )
    return ticket


class Opening(Facts):
    """The facts that `open` takes in addition to the id."""

    opened_by: OpenedBy
    number: NotRequired[str | None]
    customer_id: NotRequired[UUID | None]
    external: NotRequired[tuple[str, str] | None]


def create_or_change(work: UnitOfWork, *, ticket_id: UUID, **facts: Unpack[Opening]) -> Ticket:
    """Opens a ticket that does not exist; for an existing one, records only the given facts that differ.

    Raises TicketOpenedOtherwise if a fact differs that cannot change after opening: the number, who opened the ticket, the
    channel, the ticket it follows up on, and its parent ticket.
    """
    ticket = work.load(Ticket, ticket_id)
    if not ticket.exists:
        return open(work, ticket_id=ticket_id, **facts)
    stays = {name: value for name, value in facts.items() if name in IMMUTABLE}
    opened = {"number": facts.get("number") or ticket.number, "opened_by": facts["opened_by"], **stays}
    refuse_otherwise(ticket, ticket.opened, TicketOpenedOtherwise, "opened", **opened)
    if external := facts.get("external"):
        ticket.link_external_id(work.context, *external)
    if (customer_id := facts.get("customer_id")) is not None:
        set_requester(work, ticket_id=ticket_id, customer_id=customer_id)
    for about in facts.get("about", ()):
        link(work, ticket_id=ticket_id, about=about)
    _change(work, ticket, facts)
    return ticket


def change(work: UnitOfWork, *, ticket_id: UUID, **facts: Unpack[Facts]) -> Ticket:
    """Changes title, description, category and priority. Facts that are not given stay as they are; None clears a fact."""
    ticket = work.existing(Ticket, ticket_id)
    _change(work, ticket, facts)
    return ticket


categorise = decides(Ticket, Ticket.categorise)
change_priority = decides(Ticket, Ticket.change_priority)


def set_requester(work: UnitOfWork, *, ticket_id: UUID, customer_id: UUID) -> Ticket:
    """Raises CustomerUnknown, CustomerErased; for a customer merged into another, the survivor is recorded."""
    ticket = work.existing(Ticket, ticket_id)
    ticket.set_requester(work.context, surviving_customer(work, customer_id, ticket.customer_id).id)
    return ticket


def link(work: UnitOfWork, *, ticket_id: UUID, about: Reference) -> Ticket:
    """Links the ticket to another aggregate, which must exist."""
    ticket = work.existing(Ticket, ticket_id)
    require(work, [about], "A ticket", ABOUT)
    ticket.link(work.context, about)
    return ticket


reply = decides(Ticket, Ticket.reply)
redact_reply = decides(Ticket, Ticket.redact_reply)
pend = decides(Ticket, Ticket.pend)
hold = decides(Ticket, Ticket.hold)
resume = decides(Ticket, Ticket.resume)
escalate = decides(Ticket, Ticket.escalate)
solve = decides(Ticket, Ticket.solve)
reopen = decides(Ticket, Ticket.reopen)
close = decides(Ticket, Ticket.close)


def merge(work: UnitOfWork, *, ticket_id: UUID, into: UUID) -> Ticket:
    """Merges the ticket into another one. If that one was merged itself, the last ticket of the chain is recorded."""
    ticket = work.existing(Ticket, ticket_id)
    survivor = work.existing(Ticket, into)
    while survivor.merged_into is not None and survivor.id not in (ticket.id, ticket.merged_into):
        survivor = work.existing(Ticket, survivor.merged_into)
    ticket.merge_into(work.context, survivor.id)
    return ticket


discard = decides(Ticket, Ticket.discard)
apply_sla = decides(Ticket, Ticket.apply_sla)
breach_sla = decides(Ticket, Ticket.breach_sla)


def _change(work: UnitOfWork, ticket: Ticket, facts: Facts) -> None:
    details: dict[str, Any] = {name: value for name, value in facts.items() if name in get_args(Detail)}
    ticket.change_details(work.context, details)
    if "category" in facts:
        ticket.categorise(work.context, facts["category"])
    if "priority" in facts:
        ticket.change_priority(work.context, facts["priority"])
