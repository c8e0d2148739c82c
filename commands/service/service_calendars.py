"""What can be asked of service calendars, known by their codes."""

from __future__ import annotations

from commands.shared.deciding import begins
from domain.service.service_calendar import ServiceCalendar, service_calendar_id

define = begins(ServiceCalendar, ServiceCalendar.define, service_calendar_id)
"""A new calendar, or a new schedule in place of the one in force. The same values again are a repeat."""
