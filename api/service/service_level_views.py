"""Reads of service calendars and SLA policies over HTTP."""

from __future__ import annotations

from api.service import service_level_schemas as schemas
from api.service.service_levels import CALENDARS, POLICIES, ConfiguredCode
from api.shared.as_of import Resource
from api.shared.routes import Router
from api.shared.views import Views, by_code
from domain.service.service_calendar import ServiceCalendar, service_calendar_id
from domain.service.sla_policy import SlaPolicy, sla_policy_id
from projections.service import service_calendars, sla_policies

router = Router(tags=["service-levels"])

CALENDAR = Resource(ServiceCalendar, service_calendars.service_calendars, service_calendars.get)
POLICY = Resource(SlaPolicy, sla_policies.sla_policies, sla_policies.get)

calendars = Views(
    router,
    CALENDAR,
    schemas.CALENDAR,
    permission="service-levels:read",
    row_key="calendar_id",
    key=by_code(ConfiguredCode, service_calendar_id),
    own=True,
    path=CALENDARS,
)
calendars.many(
    service_calendars.listing,
    "Service calendars in the order of their codes, each with the schedule in force.",
    called="calendars",
)
calendars.one("One service calendar; `since` is when its schedule came into force.", called="calendar")
calendars.history("Every event of the calendar, each with its changes.", called="calendar_history")

policies = Views(
    router,
    POLICY,
    schemas.POLICY,
    permission="service-levels:read",
    row_key="policy_id",
    key=by_code(ConfiguredCode, sla_policy_id),
    own=True,
    path=POLICIES,
)
policies.many(sla_policies.listing, "SLA policies in the order of their codes, including retired ones.", called="policies")
policies.one("One SLA policy; `since` is when its terms came into force, or when it was retired.", called="policy")
policies.history("Every event of the policy, each with its changes.", called="policy_history")
