"""Policies react to an event or a deadline with commands. All active policies are listed here."""

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
