"""What can be asked of tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from commands.shared.deciding import decides
from commands.shared.references import kinds, named, surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.customer.customer import Customer
from domain.marketing.campaign.campaign import Campaign
from domain.sales.deal.deal import Deal
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.service.task import Task
from domain.service.ticket.ticket import Ticket
from domain.shared.aggregate import Aggregate
from domain.shared.reference import Reference

ABOUT = kinds(Customer, Order, Ticket, Campaign, Lead, Deal)
"""What a task may be about, by the kind that references call it."""


def create(
    work: UnitOfWork,
    *,
    task_id: UUID,
    title: str,
    due: datetime | None = None,
    assignee: str | None = None,
    about: Reference | None = None,
    remind_at: datetime | None = None,
) -> Task:
    """The same values again are a repeat. What it is about is there, else it is refused; of a merged customer the survivor.

    Raises TaskCreatedOtherwise, NotThere, CustomerErased.
    """
    task = work.load(Task, task_id)
    known = task.created.about if task.created else None
    meant = None if about is None else _meant(work, about, known.id if known else None)
    task.create(
        work.context,
        title=title,
        due=due,
        assignee=assignee,
        about=None if about is None or meant is None else Reference(kind=about.kind, id=meant.id),
        remind_at=remind_at,
        belongs_to=None if meant is None else meant.subject,
    )
    return task


reschedule = decides(Task, Task.reschedule)
"""Sets both; None is no such moment."""
remind = decides(Task, Task.remind)
assign = decides(Task, Task.assign)
"""To a user by code; None is nobody."""
complete = decides(Task, Task.complete)
cancel = decides(Task, Task.cancel)


def _meant(work: UnitOfWork, about: Reference, recorded: UUID | None) -> Aggregate:
    """Raises NotThere, CustomerErased, and Malformed for a kind of thing that no task is about."""
    if about.kind == Customer.name:
        return surviving_customer(work, about.id, recorded)
    return named(work, about, "A task", ABOUT)
