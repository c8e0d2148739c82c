"""The commands on orders themselves; those on payments are in `order_payments`, those on goods in `order_goods`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NotRequired, Unpack
from uuid import UUID

from commands.shared.creating import number_for, refuse_otherwise
from commands.shared.deciding import decides
from commands.shared.references import surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.marketing.campaign.campaign import Campaign
from domain.sales.deal.deal import Deal
from domain.sales.lead.lead import Lead
from domain.sales.order.order import Order
from domain.sales.order.placing import Details, OrderPlacedOtherwise, Recipient
from domain.sales.order.terms import Terms
from domain.sales.order.values import Charge, Item, OrderDiscount
from domain.shared.aggregate import Aggregate

AMENDABLE = ("lines", "discounts", "charges", "total", *Recipient.__annotations__)
CHANGEABLE = (*AMENDABLE, "owner")
ORIGINS: Mapping[str, type[Aggregate]] = {"campaign_id": Campaign, "lead_id": Lead, "deal_id": Deal}
"""The aggregates that an order may come from; they must exist."""


def place(
    work: UnitOfWork,
    *,
    order_id: UUID,
    channel: str,
    currency: str,
    lines: Sequence[Item],
    number: str | None = None,
    customer_id: UUID | None = None,
    discounts: Sequence[OrderDiscount] = (),
    charges: Sequence[Charge] = (),
    total: Decimal | None = None,
    prices_include_tax: bool = False,
    external: tuple[str, str] | None = None,
    **details: Unpack[Details],
) -> Order:
    """Places an order; the same values again change nothing. Without a number it gets the next free one.

    `external` is (system, id). An unknown or erased customer, campaign, lead or deal is refused; for a merged customer, the
    survivor is recorded. Raises NumberTaken, OrderPlacedOtherwise.
    """
    order = work.load(Order, order_id)
    _require_origins(work, details)
    recorded = order.placed.customer_id if order.placed else None
    customer = None if customer_id is None else surviving_customer(work, customer_id, recorded)
    terms = Terms.of(currency, lines, discounts, charges, prices_include_tax=prices_include_tax)
    order.place(
        work.context,
        terms,
        number=number_for(work, order, number),
        channel=channel,
        total=total,
        customer_id=customer.id if customer else None,
        customer_archived=bool(customer and customer.archived),
        external=external,
        **details,
    )
    return order


class Placement(Details):
    """The facts that `place` takes in addition to the ids, the number and the customer."""

    channel: str
    currency: str
    lines: Sequence[Item]
    discounts: NotRequired[Sequence[OrderDiscount]]
    charges: NotRequired[Sequence[Charge]]
    total: NotRequired[Decimal | None]
    prices_include_tax: NotRequired[bool]


def create_or_change(
    work: UnitOfWork,
    *,
    order_id: UUID,
    number: str | None = None,
    customer_id: UUID | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Placement],
) -> Order:
    """Places an order that does not exist; for an existing one, records only the differences.

    None leaves the customer, the owner, the addresses and the contact as they are; lines, discounts and charges are replaced as
    a whole. Raises OrderPlacedOtherwise if any other fact differs: those cannot change after the order is placed.
    """
    order = work.load(Order, order_id)
    if not order.exists:
        return place(work, order_id=order_id, number=number, customer_id=customer_id, external=external, **facts)
    placed: dict[str, Any] = {"prices_include_tax": False, "number": number or order.number}
    placed |= {name: value for name, value in facts.items() if name not in CHANGEABLE}
    refuse_otherwise(order, order.placed, OrderPlacedOtherwise, "placed", **placed)
    if external:
        order.link_external_id(work.context, *external)
    if customer_id is not None:
        set_customer(work, order_id=order_id, customer_id=customer_id)
    if owner := facts.get("owner"):
        order.assign(work.context, owner, order.assignment[1])
    amendment: dict[str, Any] = {name: value for name, value in facts.items() if name in AMENDABLE}
    order.amend(work.context, **{"discounts": (), "charges": ()} | amendment)
    return order


amend = decides(Order, Order.amend)
cancel_lines = decides(Order, Order.cancel_lines)
"""Cancels further quantities. `total` is the order's total after that; if it is None, it is computed."""


def set_customer(work: UnitOfWork, *, order_id: UUID, customer_id: UUID) -> Order:
    order = work.existing(Order, order_id)
    customer = surviving_customer(work, customer_id, order.customer_id)
    order.set_customer(work.context, customer.id, archived=customer.archived)
    return order


confirm = decides(Order, Order.confirm)
complete = decides(Order, Order.complete)
cancel = decides(Order, Order.cancel)
reopen = decides(Order, Order.reopen)


def _require_origins(work: UnitOfWork, details: Details) -> None:
    """Raises NotThere, LeadErased."""
    for name, id in ((name, details.get(name)) for name in ORIGINS):
        if isinstance(id, UUID):
            work.existing(ORIGINS[name], id)
