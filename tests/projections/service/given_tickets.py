"""Tickets given to the tests of read models. Times are hours after 1 March 2024 at noon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.service.ticket.ticket import Ticket
from tests.projections.harness import History

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2024, 4, 1, tzinfo=UTC)
HOUR = Decimal(3600)


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def opened(history: History, name: str = "one", at: float = 0, **facts: Any) -> Ticket:
    ticket = history.of(Ticket, name)
    asked: dict[str, Any] = {"number": name, "opened_by": "customer"} | facts
    history.must(ticket, lambda context: ticket.open(context, **asked), occurred_at=hours(at))
    return ticket


def then(history: History, ticket: Ticket, at: float, decide: Callable[[Any], object], **more: Any) -> None:
    history.must(ticket, decide, occurred_at=hours(at), **more)
