"""The service level of one ticket: the targets promised for it, when each is due, and whether it was met."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from domain.service.opening_hours import Timetable
from domain.service.service_level import Promise, judged, promised, worst
from domain.service.sla_policy import METRICS, TICKET_FIELDS
from domain.service.ticket.values import SlaTarget
from projections.service.service_calendars import calendars
from projections.service.sla_policies import policies
from projections.service.ticket_course import CourseFacts, course_of, moment
from projections.service.ticket_times import get
from projections.service.ticket_waits import Wait, waits
from projections.shared.rows import Row

_decode = msgspec.json.Decoder(CourseFacts).decode


def service_level(connection: Connection, ticket_id: UUID, now: datetime) -> Row | None:
    """The ticket's calendar and policy, and every target with its waits. None if there is no such ticket.

    The policies are those in force when the ticket was opened; its fields are the current ones.
    """
    row = get(connection, ticket_id)
    if row is None:
        return None
    known = calendars(connection)
    timetable = known.timetable(row["team"])
    promise = promised(moment(row["opened"]), {name: row[name] for name in TICKET_FIELDS}, policies(connection))
    waited = dict(waits(course_of(_decode(row["told"]))))
    by_metric = {target.metric: target for target in promise.targets} if promise and not row["discarded"] else {}
    targets = [_target(by_metric[name], waited[name], now, timetable) for name in METRICS if name in by_metric]
    ticket: Row = {name: row[name] for name in ("ticket_id", "version", "position")}
    return ticket | {"calendar": known.code(row["team"]), "policy": _policy(promise), "targets": targets}


def _policy(promise: Promise | None) -> Row | None:
    return promise and {"id": promise.policy_id, "code": promise.code, "version": promise.version}


def _target(target: SlaTarget, waited: Sequence[Wait], now: datetime, timetable: Timetable | None) -> Row:
    """`due` is the due time of the last wait; `verdict` is the worst verdict of all waits."""
    found: list[dict[str, Any]] = []
    for wait in waited:
        runs = wait.moments()
        due, verdict = judged(target, runs, wait.over, now, timetable)
        found.append({"from": runs[0][0], "to": runs[-1][1], "over": wait.over, "due": due, "verdict": verdict})
    return {
        "metric": target.metric,
        "seconds": target.seconds,
        "hours": target.hours,
        "verdict": worst(one["verdict"] for one in found),
        "due": found[-1]["due"] if found else None,
        "waits": found,
    }
