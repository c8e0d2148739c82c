"""Acts of a random history: a few leads, deals and pipelines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from domain.customers.customer.customer import Customer
from domain.marketing.touchpoint import Touchpoint
from domain.sales.deal.deal import Deal, Place
from domain.sales.lead.events import Contact, Converted
from domain.sales.lead.lead import Lead
from domain.sales.pipeline import Pipeline, Stage
from domain.shared.annotations import Attachment
from tests.projections.harness import History, some_attributes, uuid

CUSTOMERS, LEADS, DEALS = 4, 4, 4
CURRENCIES = ("EUR", "JPY")
FILE = Attachment(id=uuid("file"), media_type="image/png", bytes=7, sha256="ab" * 32, name="cup.png", url="https://x.example")

Act = Callable[[History, int, int], None]


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


def _customer(history: History, who: int) -> Customer:
    return history.of(Customer, f"customer {who % CUSTOMERS}")


def _lead(history: History, who: int, n: int) -> Lead:
    """A lead, captured here if it was not yet. Every other one belongs to a customer, unless the customer is erased."""
    lead = history.of(Lead, f"lead {who % LEADS}")
    if not lead.exists:
        customer = _customer(history, who)
        history.must(
            lead,
            lambda context: lead.capture(
                context,
                number=f"L{who % LEADS}",
                customer_id=customer.id if who % 2 and not customer.erased else None,
                channel=("social", "web", None)[n % 3],
                origin=("unknown", None)[n % 2],
                contact=Contact(name=f"Ada {n}", handle="@ada") if n % 3 else None,
                value=Decimal(n) if n % 2 else None,
                currency=CURRENCIES[n % 4 == 1] if n % 2 else None,
            ),
            **_circumstances(history, n),
        )
    return lead


def _deal(history: History, who: int, n: int) -> Deal:
    """A deal, opened here if it was not yet. Some have a lead."""
    deal = history.of(Deal, f"deal {who % DEALS}")
    if not deal.exists:
        history.must(
            deal,
            lambda context: deal.open(
                context,
                number=f"D{who % DEALS}",
                customer_id=_customer(history, who).id,
                place=_place(history, n),
                lead_id=uuid(f"lead {n % LEADS}") if n % 3 else None,
                amount=Decimal(n) if n % 2 else None,
                currency=CURRENCIES[n % 4 == 1] if n % 2 else None,
                expected_close=date(2024, 5, 1 + n % 20),
                owner="agent-1" if n % 2 else None,
            ),
            origin="import",
            occurred_at=history.now,
        )
    return deal


def _place(history: History, n: int) -> Place:
    return Place(history.of(Pipeline, "pipeline sales"), "sales", ("talking", "offered", "nowhere")[n % 3])


def _lead_act(*decisions: Callable[[Lead, Any, int], object]) -> Act:
    def act(history: History, who: int, n: int) -> None:
        lead, decide = _lead(history, who, n), decisions[n % len(decisions)]
        history.do(lead, lambda context: decide(lead, context, n), **_circumstances(history, n // 2))

    return act


def _deal_act(*decisions: Callable[[Deal, Any, int], object]) -> Act:
    def act(history: History, who: int, n: int) -> None:
        deal, decide = _deal(history, who, n), decisions[n % len(decisions)]
        history.do(deal, lambda context: decide(deal, context, n), **_circumstances(history, n // 2))

    return act


def _convert(history: History, who: int, n: int) -> None:
    lead, customer = _lead(history, who, n), _customer(history, n)
    if not customer.erased:
        worth: dict[str, Any] = {"value": Decimal(n), "currency": "EUR"} if n % 2 else {}
        converted = Converted(customer_id=customer.id, deal_id=uuid(f"deal {n % DEALS}") if n % 3 else None, **worth)
        history.do(lead, lambda context: lead.convert(context, converted), **_circumstances(history, n))


def _erase(history: History, who: int, n: int) -> None:
    lead = _lead(history, who, n)
    if n % 3 == 0:
        history.do(lead, lambda context: lead.erase(context, reason="requested", requested_by="customer", receipt=f"R{n}"))


def _move(history: History, who: int, n: int) -> None:
    deal = _deal(history, who, n)
    history.do(deal, lambda context: deal.change_stage(context, _place(history, n)), **_circumstances(history, n))


def _define(history: History, who: int, n: int) -> None:
    pipeline, code = history.of(Pipeline, "pipeline sales" if who % 2 else "pipeline other"), ("other", "sales")[who % 2]
    stages = [Stage(code=code, name=code, probability=Decimal(n % 10) / 10) for code in ("talking", "offered")[: 1 + n % 2]]
    history.do(pipeline, lambda context: pipeline.define(context, code=code, name=f"Sales {n % 3}", stages=stages))


def _annotate(*, lead: bool) -> Act:
    def act(history: History, who: int, n: int) -> None:
        thing: Lead | Deal = _lead(history, who, n) if lead else _deal(history, who, n)
        decisions: list[Callable[[Any], object]] = [
            lambda context: thing.tag(context, (f"tag-{n % 4}", "hot")),
            lambda context: thing.untag(context, ("hot",)),
            lambda context: thing.assign(context, f"agent-{n % 3}", "sales" if n % 2 else None),
            lambda context: thing.set_attributes(context, *some_attributes(n)),
            lambda context: thing.link_external_id(context, "shop", f"x{n % 5}"),
            lambda context: thing.unlink_external_id(context, "shop", f"x{n % 5}"),
            lambda context: thing.attach(context, FILE),
            lambda context: thing.detach(context, FILE.id),
        ]
        history.do(thing, decisions[n % len(decisions)])

    return act


def _touch(history: History, who: int, n: int) -> None:
    lead, touchpoint = _lead(history, who, n), history.of(Touchpoint, f"touchpoint of lead {who % LEADS} {n}")
    if not lead.erased:
        customer_id = lead.subject if lead.subject != lead.id else None
        history.do(
            touchpoint,
            lambda context: touchpoint.touch(
                context, channel="web", kind="form", customer_id=customer_id, lead_id=lead.id, anonymous_id=f"visitor {n}"
            ),
        )


LEAD_ACTS: dict[str, Act] = {
    "advance lead": _lead_act(
        lambda lead, context, n: lead.change_stage(context, f"stage-{n % 3}"),
        lambda lead, context, n: lead.qualify(context),
    ),
    "end lead": _lead_act(
        lambda lead, context, n: lead.lose(context, reason="no_answer"), lambda lead, context, n: lead.reopen(context)
    ),
    "convert lead": _convert,
    "erase lead": _erase,
    "touch lead": _touch,
    "annotate lead": _annotate(lead=True),
    "move deal": _move,
    "change deal": _deal_act(
        lambda deal, context, n: deal.change_amount(context, Decimal(n), CURRENCIES[n % 2]),
        lambda deal, context, n: deal.change_amount(context, None, None),
        lambda deal, context, n: deal.change_close_date(context, date(2024, 6, 1 + n % 20)),
    ),
    "end deal": _deal_act(
        lambda deal, context, n: deal.win(context, order_id=uuid(f"order {n % 6}")),
        lambda deal, context, n: deal.lose(context, reason="price"),
        lambda deal, context, n: deal.reopen(context),
    ),
    "annotate deal": _annotate(lead=False),
    "define pipeline": _define,
}
