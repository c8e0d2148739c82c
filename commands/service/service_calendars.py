"""The command on service calendars, each identified by its code."""

from __future__ import annotations

from commands.shared.deciding import begins
from domain.service.service_calendar import ServiceCalendar, service_calendar_id

define = begins(ServiceCalendar, ServiceCalendar.define, service_calendar_id)
"""Defines a calendar, or replaces the schedule of an existing one. The same values again change nothing."""
