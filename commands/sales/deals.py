"""What can be asked of deals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Unpack
from uuid import UUID

from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.sales.deal.deal import Deal, Facts, Place
from domain.sales.deal.refusals import DealOpenedOtherwise
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.sales.pipeline import Pipeline, pipeline_id

REGISTER = "deal"


def open(
    work: UnitOfWork,
    *,
    deal_id: UUID,
    customer_id: UUID,
    pipeline: str,
    stage: str,
    number: str | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Deal:
    """The same values again are a repeat; without a number one is drawn. `external` is (system, id).

    A customer who is unknown or erased is refused, and so is an unknown lead; for a customer merged into another, the survivor
    is recorded. A pipeline that has no such stage is refused (a flag on import). Raises NumberTaken, DealOpenedOtherwise.
    """
    deal = work.load(Deal, deal_id)
    recorded = deal.opened.customer_id if deal.opened else None
    deal.open(
        work.context,
        number=_number(work, deal, number),
        customer_id=surviving_customer(work, customer_id, recorded).id,
        place=_place(work, pipeline, stage),
        lead_captured_at=_captured_at(work, facts.get("lead_id")),
        external=external,
        **facts,
    )
    return deal


def create_or_change(
    work: UnitOfWork,
    *,
    deal_id: UUID,
    customer_id: UUID,
    pipeline: str,
    stage: str,
    number: str | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Deal:
    """Opens a deal that is not there; of one that is, records another stage, and what is told of amount, day and owner.

    Raises DealOpenedOtherwise where the number, the customer, the lead or the pipeline is another, for these stay.
    """
    deal = work.load(Deal, deal_id)
    if deal.opened is None:
        return open(
            work,
            deal_id=deal_id,
            number=number,
            customer_id=customer_id,
            pipeline=pipeline,
            stage=stage,
            external=external,
            **facts,
        )
    customer = surviving_customer(work, customer_id, deal.opened.customer_id)
    told = {"number": number or deal.number, "customer_id": customer.id, "pipeline": pipeline}
    for name, value in (told | {name: value for name, value in facts.items() if name == "lead_id"}).items():
        if getattr(deal.opened, name) != value:
            raise DealOpenedOtherwise(f"The deal was opened with another {name}, which stays.", id=deal.id)
    if external:
        deal.link_external_id(work.context, *external)
    if stage != deal.stage:
        deal.change_stage(work.context, _place(work, pipeline, stage))
    _change(work, deal, facts)
    return deal


def change_stage(work: UnitOfWork, *, deal_id: UUID, stage: str) -> Deal:
    """To another stage of its pipeline as that is now. Raises StageUnknown (a flag on import)."""
    deal = work.existing(Deal, deal_id)
    assert deal.opened is not None, "a deal begins by being opened"
    deal.change_stage(work.context, _place(work, deal.opened.pipeline, stage))
    return deal


def change_amount(work: UnitOfWork, *, deal_id: UUID, amount: Decimal | None, currency: str | None) -> Deal:
    deal = work.existing(Deal, deal_id)
    deal.change_amount(work.context, amount, currency)
    return deal


def change_close_date(work: UnitOfWork, *, deal_id: UUID, expected_close: date | None) -> Deal:
    deal = work.existing(Deal, deal_id)
    deal.change_close_date(work.context, expected_close)
    return deal


def win(work: UnitOfWork, *, deal_id: UUID, order_id: UUID | None = None) -> Deal:
    """Raises NotThere where there is no such order."""
    deal = work.existing(Deal, deal_id)
    if order_id is not None:
        work.existing(Order, order_id)
    deal.win(work.context, order_id=order_id, lead_captured_at=_known_capture(work, deal))
    return deal


def lose(work: UnitOfWork, *, deal_id: UUID, reason: str | None = None) -> Deal:
    deal = work.existing(Deal, deal_id)
    deal.lose(work.context, reason=reason)
    return deal


def reopen(work: UnitOfWork, *, deal_id: UUID, reason: str | None = None) -> Deal:
    deal = work.existing(Deal, deal_id)
    deal.reopen(work.context, reason=reason)
    return deal


def _number(work: UnitOfWork, deal: Deal, number: str | None) -> str:
    """The number to open with. A deal that is there keeps its own, and a repeat draws none."""
    if deal.number is not None:
        return number or deal.number
    if number is not None:
        return work.claim(REGISTER, number, deal.id)
    return work.next_number(REGISTER, deal.id)


def _place(work: UnitOfWork, pipeline: str, stage: str) -> Place:
    return Place(work.load(Pipeline, pipeline_id(pipeline)), pipeline, stage)


def _captured_at(work: UnitOfWork, lead_id: UUID | None) -> datetime | None:
    """Raises NotThere, LeadErased."""
    return None if lead_id is None else work.existing(Lead, lead_id).begun_at


def _known_capture(work: UnitOfWork, deal: Deal) -> datetime | None:
    """When its lead was captured, which may have been erased since."""
    lead_id = deal.opened.lead_id if deal.opened else None
    return None if lead_id is None else work.load(Lead, lead_id).begun_at


def _change(work: UnitOfWork, deal: Deal, facts: Facts) -> None:
    if "amount" in facts or "currency" in facts:
        amount, currency = deal.worth
        deal.change_amount(work.context, facts.get("amount", amount), facts.get("currency", currency))
    if "expected_close" in facts:
        deal.change_close_date(work.context, facts["expected_close"])
    if "owner" in facts:
        deal.assign(work.context, facts["owner"], deal.assignment[1])
