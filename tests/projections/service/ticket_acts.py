"""Acts of a random history: a few tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from domain.customers.customer.customer import Customer
from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import SlaTarget
from domain.shared.annotations import Attachment
from domain.shared.reference import Reference
from tests.projections.harness import History, some_attributes, uuid

CUSTOMERS, TICKETS = 4, 4
FILE = Attachment(id=uuid("file"), media_type="image/png", bytes=7, sha256="ab" * 32, name="cup.png", url="https://x.example")


def _circumstances(history: History, n: int) -> dict[str, Any]:
    """The decision is made now, some hours ago, imported, or imported for the day before in a zone far from UTC."""
    late = history.now - timedelta(hours=n % 7)
    by_day = {"occurred_at": history.now.replace(hour=16, minute=0) - timedelta(days=1), "occurred_precision": "day"}
    return (
        {},
        {"occurred_at": late},
        {"origin": "import", "occurred_at": late},
        {"origin": "import", "occurred_zone": "+08:00", **by_day},
    )[n % 4]


def _ticket(history: History, who: int, n: int) -> Ticket:
    """A ticket, opened here if it was not yet. Every other one belongs to a customer, unless the customer is erased."""
    ticket = history.of(Ticket, f"ticket {who % TICKETS}")
    if not ticket.exists:
        customer = history.of(Customer, f"customer {who % CUSTOMERS}")
        history.must(
            ticket,
            lambda context: ticket.open(
                context,
                number=f"T{who % TICKETS}",
                opened_by=("customer", "agent", "system")[n % 3],
                customer_id=customer.id if who % 2 and not customer.erased else None,
                title=f"Broken cup {n}",
                description="Two of six" if n % 2 else None,
                channel=("email", "phone", None)[n % 3],
                category="damage" if n % 2 else None,
                priority=("low", "high")[n % 2],
                about=(Reference(kind="order", id=uuid(f"order {n % 6}")),),
            ),
            **_circumstances(history, n),
        )
    return ticket


def _ticket_act(*decisions: Callable[[Ticket, Any, int], object]) -> Callable[[History, int, int], None]:
    def act(history: History, who: int, n: int) -> None:
        ticket, decide = _ticket(history, who, n), decisions[n % len(decisions)]
        history.do(ticket, lambda context: decide(ticket, context, n), **_circumstances(history, n // 2))

    return act


def _reply(ticket: Ticket, context: Any, n: int) -> None:
    ticket.reply(
        context,
        Replied(
            reply_id=f"r{n % 9}",
            by=("agent", "customer")[n % 2],
            visibility="internal" if n % 10 == 0 else "public",
            automatic=n % 7 == 0,
            channel="email",
            attachments=(FILE,) if n % 3 == 0 else (),
            body=f"Hello {n}",
            to=("ada@example.org",),
        ),
    )


def _set_requester(history: History, who: int, n: int) -> None:
    ticket, customer = _ticket(history, who, n), history.of(Customer, f"customer {n % CUSTOMERS}")
    if not customer.erased:
        history.do(ticket, lambda context: ticket.set_requester(context, customer.id))


TICKET_ACTS: dict[str, Callable[[History, int, int], None]] = {
    "reply": _ticket_act(_reply),
    "redact": _ticket_act(lambda t, context, n: t.redact_reply(context, (*sorted(t.replies), "none", "none")[n % 2])),
    "wait": _ticket_act(
        lambda t, context, n: t.pend(context, status_label="Waiting"),
        lambda t, context, n: t.hold(context, reason="supplier"),
        lambda t, context, n: t.resume(context),
    ),
    "solve": _ticket_act(lambda t, context, n: t.solve(context, code="replaced", resolution=f"A new one, {n}")),
    "go on": _ticket_act(
        lambda t, context, n: t.reopen(context, reason="again"),
        lambda t, context, n: t.escalate(context, team="warehouse"),
        lambda t, context, n: t.assign(context, f"agent-{n % 3}", "service" if n % 2 else None),
    ),
    "end": _ticket_act(
        lambda t, context, n: t.close(context),
        lambda t, context, n: t.close(context),
        lambda t, context, n: t.merge_into(context, uuid(f"ticket {(n + 1) % TICKETS}")),
        lambda t, context, n: t.discard(context, reason="duplicate"),
    ),
    "sort": _ticket_act(
        lambda t, context, n: t.categorise(context, "damage" if n % 4 else None),
        lambda t, context, n: t.change_priority(context, "urgent"),
        lambda t, context, n: t.change_details(context, {"title": f"Cup {n}", "description": None}),
        lambda t, context, n: t.tag(context, ("vip", f"tag-{n % 4}")),
        lambda t, context, n: t.untag(context, ("vip",)),
        lambda t, context, n: t.set_attributes(context, *some_attributes(n)),
        lambda t, context, n: t.link(context, Reference(kind="ticket", id=uuid(f"ticket {n % TICKETS}"))),
        lambda t, context, n: t.apply_sla(context, uuid("policy"), n, [SlaTarget(metric="first_response", seconds=60 * n)]),
        lambda t, context, n: t.breach_sla(context, "first_response"),
    ),
    "set requester": _set_requester,
}
