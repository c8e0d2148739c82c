"""What can be asked of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from commands.shared.references import surviving_customer
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
from domain.shared.refusals import Malformed

ABOUT: Mapping[str, type[Aggregate]] = {kind.name: kind for kind in (Customer, Order, Ticket, Campaign, Lead, Deal)}
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


def reschedule(work: UnitOfWork, *, task_id: UUID, due: datetime | None = None, remind_at: datetime | None = None) -> Task:
    """Sets both; None is no such moment."""
    task = work.existing(Task, task_id)
    task.reschedule(work.context, due=due, remind_at=remind_at)
    return task


def remind(work: UnitOfWork, *, task_id: UUID, remind_at: datetime) -> Task:
    """The moment to be reminded of it has come, unless it was moved meanwhile."""
    task = work.existing(Task, task_id)
    task.remind(work.context, remind_at)
    return task


def assign(work: UnitOfWork, *, task_id: UUID, assignee: str | None) -> Task:
    """To a user by code; None is nobody."""
    task = work.existing(Task, task_id)
    task.assign(work.context, assignee)
    return task


def complete(work: UnitOfWork, *, task_id: UUID) -> Task:
    task = work.existing(Task, task_id)
    task.complete(work.context)
    return task


def cancel(work: UnitOfWork, *, task_id: UUID) -> Task:
    task = work.existing(Task, task_id)
    task.cancel(work.context)
    return task


def _meant(work: UnitOfWork, about: Reference, recorded: UUID | None) -> Aggregate:
    """Raises NotThere, CustomerErased, and Malformed for a kind of thing that no task is about."""
    if about.kind not in ABOUT:
        raise Malformed(f"A task is about one of {', '.join(ABOUT)}.")
    if about.kind == Customer.name:
        return surviving_customer(work, about.id, recorded)
    return work.existing(ABOUT[about.kind], about.id)
