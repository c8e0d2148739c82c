"""When a campaign's message bounces permanently, marks its contact method as undeliverable."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.policy import Policy, Reaction
from domain.customers.customer.customer import Customer
from domain.marketing.campaign_member.events import Bounced
from domain.shared.events import Recorded


def _react(recorded: Recorded) -> Iterable[Reaction]:
    event = recorded.event
    if isinstance(event, Bounced) and event.bounce == "hard" and event.customer_id and event.method_id:
        yield Reaction(mark_undeliverable, {"customer_id": event.customer_id, "method_id": event.method_id})


def mark_undeliverable(work: UnitOfWork, *, customer_id: UUID, method_id: UUID) -> Customer:
    """Marks the method at the first of several bounces; a bounce from before the method was restored changes nothing.

    Raises UnknownContactMethod, CustomerErased.
    """
    customer = surviving_customer(work, customer_id)
    known = customer.known_method(method_id)
    if known.bounce != "hard" and (known.since is None or known.since < work.context.at):
        customer.mark_undeliverable(work.context, method_id, "hard")
    return customer


deliverability = Policy("deliverability", (Bounced,), _react)
