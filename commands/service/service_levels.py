"""What can be asked of service calendars and of policies of service levels."""

from __future__ import annotations

from commands.shared.unit_of_work import UnitOfWork
from domain.service.opening_hours import Schedule
from domain.service.service_calendar import ServiceCalendar, service_calendar_id
from domain.service.sla_policy import SlaPolicy, Terms, sla_policy_id


def define_calendar(work: UnitOfWork, *, code: str, schedule: Schedule) -> ServiceCalendar:
    """A new calendar, or a new schedule in place of the one in force. The same values again are a repeat."""
    calendar = work.load(ServiceCalendar, service_calendar_id(code))
    calendar.define(work.context, code, schedule)
    return calendar


def define_policy(work: UnitOfWork, *, code: str, terms: Terms) -> SlaPolicy:
    """A new policy, or new terms in place of those in force. The same values again are a repeat."""
    policy = work.load(SlaPolicy, sla_policy_id(code))
    policy.define(work.context, code, terms)
    return policy


def retire_policy(work: UnitOfWork, *, code: str) -> SlaPolicy:
    policy = work.existing(SlaPolicy, sla_policy_id(code))
    policy.retire(work.context)
    return policy
