"""Events of a deal. Only its annotations can contain personal data."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from domain.sales import funnel
from domain.shared.events import Event, Metadata

if TYPE_CHECKING:
    from domain.sales.deal.deal import Deal


class Opened(Event, frozen=True, tag="crm.deal.opened.v1"):
    """`pipeline` and `stage` are codes. `amount` is the expected amount, `expected_close` the expected day of closing."""

    number: str
    customer_id: UUID
    pipeline: str
    stage: str
    lead_id: UUID | None = None
    amount: Decimal | None = None
    currency: str | None = None
    expected_close: datetime.date | None = None
    owner: str | None = None

    def subject(self, stream: UUID) -> UUID:
        return self.customer_id

    def apply(self, deal: Deal, metadata: Metadata) -> None:
        deal.opened, deal.begun_at = self, metadata.occurred_at
        deal.enter(self.stage, metadata.occurred_at)
        deal.worth, deal.expected_close = (self.amount, self.currency), self.expected_close
        deal.assignment = (self.owner, None)


class StageChanged(funnel.StageChanged, frozen=True, tag="crm.deal.stage_changed.v1"): ...


class AmountChanged(Event, frozen=True, tag="crm.deal.amount_changed.v1"):
    """The new amount. None means that it is no longer known."""

    amount: Decimal | None = None
    currency: str | None = None

    def apply(self, deal: Deal, metadata: Metadata) -> None:
        deal.worth = (self.amount, self.currency)


class CloseDateChanged(Event, frozen=True, tag="crm.deal.close_date_changed.v1"):
    """The new expected day of closing. None means that no day is expected."""

    expected_close: datetime.date | None = None

    def apply(self, deal: Deal, metadata: Metadata) -> None:
        deal.expected_close = self.expected_close


class Won(Event, frozen=True, tag="crm.deal.won.v1"):
    order_id: UUID | None = None

    def apply(self, deal: Deal, metadata: Metadata) -> None:
        deal.order_id = self.order_id
        deal.end("won", metadata.occurred_at)


class Lost(funnel.Lost, frozen=True, tag="crm.deal.lost.v1"): ...


class Reopened(Event, frozen=True, tag="crm.deal.reopened.v1"):
    """The won or lost deal is open again."""

    reason: str | None = None

    def apply(self, deal: Deal, metadata: Metadata) -> None:
        deal.order_id = None
        deal.note_reopened(metadata.occurred_at)
