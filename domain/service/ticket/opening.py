"""Opening a ticket; its details, its requester, and the aggregates that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack, get_args
from uuid import UUID

from domain.service.ticket import values
from domain.service.ticket.refusals import OwnRelative, TicketOpenedOtherwise
from domain.service.ticket.state import State
from domain.service.ticket.values import Detail, Facts, OpenedBy
from domain.shared.aggregate import decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.reference import Reference, checked_reference
from domain.shared.text import choice, text


class Opened(Event, frozen=True, tag="crm.ticket.opened.v1"):
    """A ticket without a customer is its own subject. `title` is the subject line of an e-mail."""

    number: str
    opened_by: OpenedBy
    customer_id: UUID | None = None
    title: Personal[str] = None
    description: Personal[str] = None
    channel: str | None = None
    category: str | None = None
    priority: str | None = None
    about: tuple[Reference, ...] = ()
    follow_up_of: UUID | None = None
    parent_id: UUID | None = None

    def subject(self, stream: UUID) -> UUID:
        return self.customer_id or stream

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.opened, ticket.opened_at = self, metadata.occurred_at
        ticket.customer_id = self.customer_id
        ticket.details = {name: getattr(self, name) for name in get_args(Detail)}
        ticket.category, ticket.priority = self.category, self.priority
        ticket.about = set(self.about)


class DetailsChanged(Event, frozen=True, tag="crm.ticket.details_changed.v1"):
    """Only the fields that changed. `cleared` names the fields that are now empty.

    A personal field that is absent and not in `cleared` was not changed, or was erased later.
    """

    title: Personal[str] = None
    description: Personal[str] = None
    cleared: tuple[Detail, ...] = ()

    def apply(self, ticket: State, metadata: Metadata) -> None:
        changed = {name: getattr(self, name) for name in get_args(Detail)}
        ticket.details.update({name: value for name, value in changed.items() if value is not None})
        ticket.details.update(dict.fromkeys(self.cleared))


class Categorised(Event, frozen=True, tag="crm.ticket.categorised.v1"):
    category: str | None = None

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.category = self.category


class PriorityChanged(Event, frozen=True, tag="crm.ticket.priority_changed.v1"):
    priority: str | None = None

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.priority = self.priority


class RequesterChanged(Event, frozen=True, tag="crm.ticket.requester_changed.v1"):
    """The ticket has another customer, or has one for the first time. Its stream keeps its subject."""

    customer_id: UUID
    previous_customer_id: UUID | None = None

    def concerns(self) -> tuple[UUID, ...]:
        previous = () if self.previous_customer_id is None else (self.previous_customer_id,)
        return (*previous, self.customer_id)

    def erased_with(self) -> tuple[UUID, ...]:
        return (self.customer_id,)

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.customer_id = self.customer_id
        ticket.customers.add((self.customer_id, metadata.occurred_at))


class Linked(Event, frozen=True, tag="crm.ticket.linked.v1"):
    """The ticket is also about the aggregate `about`."""

    about: Reference

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.about.add(self.about)


class Opening(State):
    @decision
    def open(
        self,
        context: Context,
        *,
        number: str,
        opened_by: OpenedBy,
        customer_id: UUID | None = None,
        external: tuple[str, str] | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Raises Malformed, OwnRelative, and TicketOpenedOtherwise if it is already opened with other values."""
        choice(opened_by, OpenedBy, "opener of a ticket")
        clean = values.checked(facts)
        if self.id in (clean.get("follow_up_of"), clean.get("parent_id")):
            raise OwnRelative(id=self.id)
        number = text(number, "number", values.LABEL_LENGTH)
        opened = Opened(number=number, opened_by=opened_by, customer_id=customer_id, **clean)
        self.record_first(context, self.opened, opened, TicketOpenedOtherwise)
        self.note_external_id(context, external)

    @decision
    def change_details(self, context: Context, details: Mapping[str, str | None]) -> None:
        """Records only changes: a detail that is not given stays as it is, None clears it. Raises Malformed."""
        clean = values.details(details)
        changed = {name: value for name, value in clean.items() if self.details.get(name) != value}
        if changed:
            cleared = tuple(name for name in get_args(Detail) if name in changed and changed[name] is None)
            new_values = {name: value for name, value in changed.items() if value is not None}
            self.record_once(context, DetailsChanged(cleared=cleared, **new_values))

    @decision
    def categorise(self, context: Context, category: str | None) -> None:
        """None removes the category. Raises Malformed."""
        category = values.label(category, "category")
        if self.category != category:
            self.record_once(context, Categorised(category=category))

    @decision
    def change_priority(self, context: Context, priority: str | None) -> None:
        """None removes the priority. Raises Malformed."""
        priority = values.label(priority, "priority")
        if self.priority != priority:
            self.record_once(context, PriorityChanged(priority=priority))

    @decision
    def set_requester(self, context: Context, customer_id: UUID) -> None:
        """Sets the customer. Records nothing if the same change is already recorded at the time that the caller states."""
        known = context.occurred_at is not None and (customer_id, context.occurred_at) in self.customers
        if self.customer_id != customer_id and not known:
            self.record(context, RequesterChanged(customer_id=customer_id, previous_customer_id=self.customer_id))

    @decision
    def link(self, context: Context, about: Reference) -> None:
        """Raises Malformed."""
        if checked_reference(about) not in self.about:
            self.record(context, Linked(about=about))
