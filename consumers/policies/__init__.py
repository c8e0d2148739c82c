"""Policies: whenever something is recorded, or is due, something else is done about it. All in force are listed here."""

from consumers.policies.consent import unsubscribing
from consumers.policies.conversions import conversions
from consumers.policies.deadline import Deadline
from consumers.policies.deliverability import deliverability
from consumers.policies.escalation import escalation
from consumers.policies.policy import Policy
from consumers.policies.reminders import reminders
from consumers.policies.undeliverable import undeliverable

POLICIES: tuple[Policy, ...] = (deliverability, unsubscribing, conversions)
DEADLINES: tuple[Deadline, ...] = (escalation, reminders, undeliverable)

__all__ = ["DEADLINES", "POLICIES", "Deadline", "Policy"]
