"""The importable commands on leads, deals and pipelines, and the facts of each command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from commands.importing.called import Called
from commands.importing.statements import (
    Code,
    Coded,
    Facts,
    Importable,
    Reasoned,
    annotation_commands,
    assignment_command,
)
from commands.sales import deals, leads, pipelines
from domain.sales.deal.deal import Deal
from domain.sales.lead.events import Contact
from domain.sales.lead.lead import Lead
from domain.sales.pipeline import Pipeline, Stage


class Capture(Facts, frozen=True):
    """`customer` and `campaign` are the source's ids."""

    number: str | None = None
    customer: str | None = None
    contact: Contact | None = None
    channel: Code | None = None
    origin: Code | None = None
    campaign: str | None = None
    value: Decimal | None = None
    currency: str | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {
            "lead_id": called.id,
            "number": None,
            "external": (called.system, called.name),
            **self.with_ids(called, "customer", "campaign"),
        }


class AnyStage(Facts, frozen=True):
    stage: Code


class Conversion(Facts, frozen=True):
    """`customer`, `deal` and `order` are the source's ids."""

    customer: str
    deal: str | None = None
    order: str | None = None
    value: Decimal | None = None
    currency: str | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"lead_id": called.id, **self.with_ids(called, "customer", "deal", "order")}


class Opening(Facts, frozen=True):
    """`customer` and `lead` are the source's ids; `pipeline` and `stage` are codes."""

    customer: str
    pipeline: Code
    stage: Code
    number: str | None = None
    lead: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    expected_close: date | None = None
    owner: Code | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {
            "deal_id": called.id,
            "number": None,
            "external": (called.system, called.name),
            **self.with_ids(called, "customer", "lead"),
        }


class Worth(Facts, frozen=True):
    amount: Decimal
    currency: str


class CloseDate(Facts, frozen=True):
    expected_close: date


class Win(Facts, frozen=True):
    """`order` is the source's id."""

    order: str | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        return {"deal_id": called.id, **self.with_ids(called, "order")}


class Definition(Coded, frozen=True):
    name: str
    stages: tuple[Stage, ...]


LEADS: Mapping[str, Importable] = {
    "lead.capture": Importable(Lead, leads.capture, Capture, describes=True),
    "lead.change_stage": Importable(Lead, leads.change_stage, AnyStage),
    **assignment_command(Lead),
    "lead.qualify": Importable(Lead, leads.qualify),
    "lead.convert": Importable(Lead, leads.convert, Conversion),
    "lead.lose": Importable(Lead, leads.lose, Reasoned),
    "lead.reopen": Importable(Lead, leads.reopen, Reasoned),
    **annotation_commands(Lead),
    "deal.open": Importable(Deal, deals.open, Opening, describes=True),
    "deal.change_stage": Importable(Deal, deals.change_stage, AnyStage),
    "deal.change_amount": Importable(Deal, deals.change_amount, Worth),
    "deal.change_close_date": Importable(Deal, deals.change_close_date, CloseDate),
    **assignment_command(Deal),
    "deal.win": Importable(Deal, deals.win, Win),
    "deal.lose": Importable(Deal, deals.lose, Reasoned),
    "deal.reopen": Importable(Deal, deals.reopen, Reasoned),
    **annotation_commands(Deal),
    "pipeline.define": Importable(Pipeline, pipelines.define_or_revise, Definition, describes=True),
}
