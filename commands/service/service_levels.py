"""What can be asked of service calendars and of policies of service levels."""

from __future__ import annotations

from commands.shared.deciding import begins, decides
from domain.service.service_calendar import ServiceCalendar, service_calendar_id
from domain.service.sla_policy import SlaPolicy, sla_policy_id

define_calendar = begins(ServiceCalendar, ServiceCalendar.define, service_calendar_id)
"""A new calendar, or a new schedule in place of the one in force. The same values again are a repeat."""
define_policy = begins(SlaPolicy, SlaPolicy.define, sla_policy_id)
"""A new policy, or new terms in place of those in force. The same values again are a repeat."""
retire_policy = decides(SlaPolicy, SlaPolicy.retire, sla_policy_id)
