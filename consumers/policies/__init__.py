"""Policies: whenever something is recorded, something else is done about it. All that are in force are listed here."""

from consumers.policies.consent import unsubscribing
from consumers.policies.conversions import conversions
from consumers.policies.deliverability import deliverability
from consumers.policies.policy import Policy

POLICIES: tuple[Policy, ...] = (deliverability, unsubscribing, conversions)

__all__ = ["POLICIES", "Policy"]
