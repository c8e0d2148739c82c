"""What can become due, and what a look of the clock then does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commands.service import service_calendars, sla_policies, tickets
from consumers.policies import DEADLINES
from domain.service.opening_hours import OpenHours, Schedule
from domain.service.sla_policy import Condition, PolicyTarget, Terms
from domain.service.ticket.correspondence import Replied
from domain.shared.events import Recorded
from domain.shared.ids import external_id
from tests.consumers.policies.policy_place import Place
from tests.domain.given import LAST_WEEK

TICKET = external_id("ticket", "test", "1", b"")
TASK = external_id("task", "test", "1", b"")
HOUR = timedelta(hours=1)
RESPONSE = PolicyTarget(metric="first_response", seconds=3600)


def promise(place: Place, *targets: PolicyTarget, code: str = "standard", priority: str | None = None) -> None:
    conditions = (Condition(field="priority", values=(priority,)),) if priority else ()
    terms = Terms(order=1, conditions=conditions, targets=targets or (RESPONSE,))
    place.run(sla_policies.define, code=code, terms=terms, at=LAST_WEEK)


def open_ticket(place: Place, **given: Any) -> None:
    facts: dict[str, Any] = {"number": "T1", "customer_id": None, "opened_by": "customer"} | given
    place.run(tickets.open, ticket_id=TICKET, **facts)


def reply(place: Place, reply_id: str, by: Any, **facts: Any) -> None:
    place.run(tickets.reply, ticket_id=TICKET, reply=Replied(reply_id=reply_id, by=by), **facts)


def look(place: Place, later: timedelta = timedelta()) -> int:
    """How many commands one look of a clock sends, after `later` has passed and the read models have caught up."""
    place.now += later
    place.project()
    return sum(place.clock(deadline).look(deadline) for deadline in DEADLINES)


def kinds(place: Place) -> list[type]:
    return [type(event) for event in place.done()]


def recorded(place: Place, kind: type) -> Recorded:
    [found] = [one for one in place.log() if isinstance(one.event, kind)]
    return found


def define_calendar(place: Place, opens: str, closes: str) -> None:
    schedule = Schedule(zone="UTC", hours=(OpenHours(weekday=1, opens=opens, closes=closes),))
    place.run(service_calendars.define, code="default", schedule=schedule, at=LAST_WEEK)
