"""Policies keep a state in order with commands, at an event or a deadline. All active policies are listed here."""

from consumers.policies.consent import unsubscribing
from consumers.policies.conversions import conversions
from consumers.policies.deadline import Deadline
from consumers.policies.deliverability import deliverability
from consumers.policies.escalation import escalation
from consumers.policies.policy import Policy
from consumers.policies.reminders import reminders
from consumers.policies.turns import Streams
from consumers.policies.undeliverable import undeliverable

DEADLINES: tuple[Deadline, ...] = (escalation, reminders, undeliverable)


def policies(store: Streams) -> tuple[Policy, ...]:
    """The policies that need only the event store. One set of them follows the log once, in the order of the log."""
    return deliverability(store), unsubscribing, conversions(store)


__all__ = ["DEADLINES", "Deadline", "Policy", "policies"]
