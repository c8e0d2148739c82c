"""Acts of a random history: service calendars and SLA policies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from domain.service.opening_hours import Holiday, OpenHours, Schedule
from domain.service.service_calendar import ServiceCalendar
from domain.service.sla_policy import Condition, PolicyTarget, SlaPolicy, Terms
from tests.projections.harness import History

CODES = ("default", "night", "Überall")
ZONES = ("Europe/Berlin", "America/New_York", "+08:00")


def schedule(n: int) -> Schedule:
    return Schedule(
        zone=ZONES[n % 3],
        hours=tuple(OpenHours(weekday=day, opens="09:00", closes="17:30") for day in range(1, 1 + n % 8)),
        holidays=(Holiday(date=date(2024, 3, 1 + n % 20), name=f"Day {n}"),),
        teams=("service",) if n % 2 else (),
    )


def terms(n: int) -> Terms:
    return Terms(
        order=n % 4,
        conditions=(Condition(field="channel", values=("email",)),) if n % 3 else (),
        targets=(
            PolicyTarget(metric="first_response", seconds=60 * (1 + n), hours="business"),
            PolicyTarget(metric="next_reply", seconds=60 * (40 - n)),
            PolicyTarget(metric="agent_work", seconds=60 * (1 + n), priority="high"),
        ),
    )


def _circumstances(n: int, history: History) -> dict[str, Any]:
    """The decision is made now, or is in force since some hours ago."""
    return {"occurred_at": history.now - timedelta(hours=n % 7)} if n % 2 else {}


def _calendar(history: History, who: int, n: int) -> None:
    calendar, code = history.of(ServiceCalendar, f"calendar {who % 3}"), CODES[who % 3]
    history.do(calendar, lambda context: calendar.define(context, code, schedule(n)), **_circumstances(n // 3, history))


def _policy(history: History, who: int, n: int) -> None:
    policy, code = history.of(SlaPolicy, f"policy {who % 3}"), CODES[who % 3]
    if n % 4:
        history.do(policy, lambda context: policy.define(context, code, terms(n)), **_circumstances(n // 3, history))
    else:
        history.do(policy, policy.retire, **_circumstances(n // 3, history))


SERVICE_LEVEL_ACTS: dict[str, Callable[[History, int, int], None]] = {"calendar": _calendar, "policy": _policy}
