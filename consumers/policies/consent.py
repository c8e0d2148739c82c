"""When a customer unsubscribes from a campaign or marks it as spam, withdraws their marketing consent for that channel."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.policy import Policy, Reaction
from domain.customers.customer.customer import Customer
from domain.marketing.campaign_member.events import MarkedAsSpam, Unsubscribed
from domain.shared.events import Recorded

PURPOSE = "marketing"
CHANNEL = "email"
"""The channel to use if the touch names none."""


def _react(recorded: Recorded) -> Iterable[Reaction]:
    event = recorded.event
    if isinstance(event, Unsubscribed | MarkedAsSpam) and event.customer_id:
        source = "unsubscribed" if isinstance(event, Unsubscribed) else "marked_as_spam"
        facts = {"customer_id": event.customer_id, "channel": event.channel or CHANNEL, "source": source}
        yield Reaction(withdraw_consent, facts)


def withdraw_consent(work: UnitOfWork, *, customer_id: UUID, channel: str, source: str) -> Customer:
    """Withdraws the general consent, and the consent for each contact method. A later consent is kept.

    Raises CustomerErased.
    """
    customer = surviving_customer(work, customer_id)
    methods = [method for purpose, on, method in customer.consents if (purpose, on) == (PURPOSE, channel)]
    for method_id in dict.fromkeys([None, *methods]):
        current = customer.consents.get((PURPOSE, channel, method_id))
        if current is None or (current.terms is not None and current.at <= work.context.at):
            customer.withdraw_consent(work.context, PURPOSE, channel, method_id, source)
    return customer


unsubscribing = Policy("unsubscribing", (Unsubscribed, MarkedAsSpam), _react)
