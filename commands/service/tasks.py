"""The commands on tasks."""

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
"""The classes that a task may be about, by the reference's `kind`."""


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
    """Creates a task; the same values again change nothing.

    The aggregate in `about` must exist; for a merged customer, the survivor is recorded. Raises TaskCreatedOtherwise,
    NotThere, CustomerErased.
    """
    task = work.load(Task, task_id)
    known = task.created.about if task.created else None
    target = None if about is None else _target(work, about, known.id if known else None)
    task.create(
        work.context,
        title=title,
        due=due,
        assignee=assignee,
        about=None if about is None or target is None else Reference(kind=about.kind, id=target.id),
        remind_at=remind_at,
        belongs_to=None if target is None else target.subject,
    )
    return task


reschedule = decides(Task, Task.reschedule)
"""Sets both times; None clears one."""
remind = decides(Task, Task.remind)
assign = decides(Task, Task.assign)
"""Assigns the task to a user by code; None clears the assignee."""
complete = decides(Task, Task.complete)
cancel = decides(Task, Task.cancel)


def _target(work: UnitOfWork, about: Reference, recorded: UUID | None) -> Aggregate:
    """The aggregate that the task is about. Raises NotThere, CustomerErased, and Malformed if its kind is not allowed."""
    if about.kind == Customer.name:
        return surviving_customer(work, about.id, recorded)
    return named(work, about, "A task", ABOUT)
