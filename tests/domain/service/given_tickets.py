"""Test data for tickets: a question that a customer sent by e-mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from domain.shared.ids import external_id
from tests.domain.given import NOW, live

TICKET = external_id("ticket", "test", "1", b"")
OTHER_TICKET = external_id("ticket", "test", "2", b"")

OPENED = NOW - timedelta(days=3)
LATER, MUCH_LATER = NOW - timedelta(days=2), NOW - timedelta(days=1)


def opened(**facts: Any) -> Ticket:
    ticket = Ticket(TICKET)
    open_ticket(ticket, **facts)
    return ticket


def open_ticket(ticket: Ticket, context: Any = None, **facts: Any) -> None:
    values: dict[str, Any] = {"number": "T-1", "opened_by": "customer", "title": "Broken cup", "channel": "email"} | facts
    ticket.open(context or live(OPENED), **values)


def solved() -> Ticket:
    ticket = opened()
    ticket.solve(live(LATER))
    return ticket


def closed() -> Ticket:
    ticket = solved()
    ticket.close(live(LATER))
    return ticket


def reply(ticket: Ticket, by: Any, context: Any = None, reply_id: str = "r-1", **facts: Any) -> None:
    ticket.reply(context or live(), Replied(reply_id=reply_id, by=by, **{"body": "Hello", **facts}))
