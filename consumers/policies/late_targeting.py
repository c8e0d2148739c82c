"""A member who is targeted as of an earlier time may have paid in between: such an order is a conversion too.

The orders of a member are found with read models, so this policy follows the log separately, and the others need not wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, select

from commands.shared.unit_of_work import UnitOfWork
from consumers.policies.caught_up import CaughtUp
from consumers.policies.conversions import NAME, Sale, convert, followed, members
from consumers.policies.policy import Policy, Reaction
from domain.marketing.campaign_member.events import Targeted
from domain.sales.order.order import Order
from domain.shared.aggregate import Aggregate
from domain.shared.events import Recorded
from infra.event_store.store import EventStore
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from projections.customers import merging
from projections.sales.orders import order_rows, orders

READ = (orders.name, *merging.READ)


class LateTargeting:
    """The part of the policy `conversions` that answers a late targeting."""

    def __init__(self, store: EventStore, read_models: ReadModels, completeness: Completeness) -> None:
        self._orders = followed(store)
        self._caught_up = CaughtUp(read_models, completeness, READ)

    def policy(self) -> Policy:
        return Policy(NAME, (Targeted,), self._react)

    def _react(self, recorded: Recorded) -> Iterable[Reaction]:
        event, metadata = recorded.event, recorded.metadata
        assert isinstance(event, Targeted)
        if metadata.occurred_at >= metadata.recorded_at:
            return
        with self._caught_up.reading(lambda _: recorded.position, about=recorded.metadata.subjects) as connection:
            found = _orders_of(connection, event)
        for id in found:
            known = self._orders.at(id, recorded.position)
            if known and known.after.sale and (placed := known.aggregate.placed) and placed.campaign_id == event.campaign_id:
                facts = {"order_id": id, "campaign_id": event.campaign_id, "sale": known.after.sale}
                yield Reaction(convert_late, facts | {"currency": known.aggregate.currency, "turn": known.aggregate.version})


def convert_late(work: UnitOfWork, *, order_id: UUID, campaign_id: UUID, sale: Sale, currency: str, turn: int) -> Aggregate:
    """Records the conversion as of the payment, unless the order was a conversion of the member before.

    Raises CustomerErased.
    """
    known = (one for member in members(work, campaign_id, sale.buyer) for one in member.conversions.values())
    if any(one.order_id == order_id for one in known):
        return work.load(Order, order_id)
    return convert(work, order_id=order_id, campaign_id=campaign_id, sale=sale, currency=currency, turn=turn)


def _orders_of(connection: Connection, member: Targeted) -> list[UUID]:
    """The orders of the customer and of everyone merged into them; of a lead, the orders that name the lead."""
    if member.customer_id is None:
        whose = order_rows.c.lead_id == member.lead_id
    else:
        whose = order_rows.c.customer_id.in_(merging.same_customer(member.customer_id))
    return list(connection.execute(select(order_rows.c.order_id).where(whose).order_by(order_rows.c.order_id)).scalars())
