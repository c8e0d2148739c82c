"""The commands on deals."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, Unpack
from uuid import UUID

from commands.shared.creating import number_for, refuse_otherwise
from commands.shared.deciding import decides
from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.sales.deal.deal import Deal, Facts, Place
from domain.sales.deal.refusals import DealOpenedOtherwise
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.sales.pipeline import Pipeline, pipeline_id


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
    """Opens a deal; the same values again change nothing. Without a number it gets the next free one.

    `external` is (system, id). An unknown or erased customer and an unknown lead are refused; for a merged customer, the
    survivor is recorded. A stage that the pipeline does not have is refused (a flag on import). Raises NumberTaken,
    DealOpenedOtherwise.
    """
    deal = work.load(Deal, deal_id)
    recorded = deal.opened.customer_id if deal.opened else None
    deal.open(
        work.context,
        number=number_for(work, deal, number),
        customer_id=surviving_customer(work, customer_id, recorded).id,
        place=_place(work, pipeline, stage),
        lead_captured_at=_captured_at(work, facts.get("lead_id")),
        external=external,
        **facts,
    )
    return deal


class Opening(Facts):
    """The facts that `open` takes in addition to the id."""

    customer_id: UUID
    pipeline: str
    stage: str
    number: NotRequired[str | None]
    external: NotRequired[tuple[str, str] | None]


def create_or_change(work: UnitOfWork, *, deal_id: UUID, **facts: Unpack[Opening]) -> Deal:
    """Opens a deal that does not exist; for an existing one, records a new stage and the given amount, close date and owner.

    Raises DealOpenedOtherwise if the number, the customer, the lead or the pipeline differs: these cannot change.
    """
    deal = work.load(Deal, deal_id)
    if deal.opened is None:
        return open(work, deal_id=deal_id, **facts)
    customer = surviving_customer(work, facts["customer_id"], deal.opened.customer_id)
    opened = {"number": facts.get("number") or deal.number, "customer_id": customer.id, "pipeline": facts["pipeline"]}
    stays = {name: value for name, value in facts.items() if name == "lead_id"}
    refuse_otherwise(deal, deal.opened, DealOpenedOtherwise, "opened", **opened, **stays)
    if external := facts.get("external"):
        deal.link_external_id(work.context, *external)
    if facts["stage"] != deal.stage:
        deal.change_stage(work.context, _place(work, facts["pipeline"], facts["stage"]))
    _change(work, deal, facts)
    return deal


def change_stage(work: UnitOfWork, *, deal_id: UUID, stage: str) -> Deal:
    """Moves the deal to a stage that its pipeline has now. Raises StageUnknown (a flag on import)."""
    deal = work.existing(Deal, deal_id)
    assert deal.opened is not None, "the first event of a deal is Opened"
    deal.change_stage(work.context, _place(work, deal.opened.pipeline, stage))
    return deal


change_amount = decides(Deal, Deal.change_amount)
change_close_date = decides(Deal, Deal.change_close_date)


def win(work: UnitOfWork, *, deal_id: UUID, order_id: UUID | None = None) -> Deal:
    """Raises NotThere if the order does not exist."""
    deal = work.existing(Deal, deal_id)
    if order_id is not None:
        work.existing(Order, order_id)
    deal.win(work.context, order_id=order_id, lead_captured_at=_known_capture(work, deal))
    return deal


lose = decides(Deal, Deal.lose)
reopen = decides(Deal, Deal.reopen)


def _place(work: UnitOfWork, pipeline: str, stage: str) -> Place:
    return Place(work.load(Pipeline, pipeline_id(pipeline)), pipeline, stage)


def _captured_at(work: UnitOfWork, lead_id: UUID | None) -> datetime | None:
    """Raises NotThere, LeadErased."""
    return None if lead_id is None else work.existing(Lead, lead_id).begun_at


def _known_capture(work: UnitOfWork, deal: Deal) -> datetime | None:
    """The time at which the deal's lead was captured. The lead may be erased in the meantime."""
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
