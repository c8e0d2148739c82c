"""Test data for leads and deals: a person from a social network, and a pipeline with two stages."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.sales.deal.deal import Deal, Place
from domain.sales.lead.events import Contact, Converted
from domain.sales.lead.lead import Lead
from domain.sales.pipeline import Pipeline, Stage, pipeline_id
from domain.shared.ids import external_id
from tests.domain.given import NOW, live
from tests.domain.sales.given_orders import CUSTOMER

LEAD = external_id("lead", "test", "1", b"")
DEAL = external_id("deal", "test", "1", b"")

BEGUN = NOW - timedelta(days=3)
LATER, MUCH_LATER = NOW - timedelta(days=2), NOW - timedelta(days=1)
EARLIER = NOW - timedelta(days=5)

TALKING = Stage(code="talking", name="In talks", probability=Decimal("0.2"))
OFFERED = Stage(code="offered", name="Offer sent", probability=Decimal("0.5"))


def captured(**facts: Any) -> Lead:
    lead = Lead(LEAD)
    capture(lead, **facts)
    return lead


def capture(lead: Lead, context: Any = None, **facts: Any) -> None:
    values: dict[str, Any] = {"number": "L-1", "channel": "social", "contact": Contact(name="Ada", handle="@ada")} | facts
    lead.capture(context or live(BEGUN), **values)


def converted(**facts: Any) -> Lead:
    lead = captured()
    lead.convert(live(LATER), conversion(**facts))
    return lead


def conversion(**facts: Any) -> Converted:
    values: dict[str, Any] = {"customer_id": CUSTOMER, "value": Decimal(500), "currency": "EUR"} | facts
    return Converted(**values)


def pipeline() -> Pipeline:
    defined = Pipeline(pipeline_id("sales"))
    defined.define(live(), code="sales", name="Sales", stages=[TALKING, OFFERED])
    return defined


def place(stage: str = "talking", code: str = "sales") -> Place:
    return Place(pipeline() if code == "sales" else Pipeline(pipeline_id(code)), code, stage)


def opened(**facts: Any) -> Deal:
    deal = Deal(DEAL)
    open_deal(deal, **facts)
    return deal


def open_deal(deal: Deal, context: Any = None, **facts: Any) -> None:
    worth = {"amount": Decimal(500), "currency": "EUR"}
    values: dict[str, Any] = {"number": "D-1", "customer_id": CUSTOMER, "place": place()} | worth | facts
    deal.open(context or live(BEGUN), **values)
