"""What requests say about deals, and how it becomes facts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.shared.fields import CalendarDay, Code, CommandBody, Currency, DecimalText, Number

OPENED: dict[str, Any] = {
    "customer_id": "0198c2f0-0000-7000-8000-000000000001",
    "pipeline": "sales",
    "stage": "offered",
    "amount": "500.00",
    "currency": "EUR",
    "expected_close": "2026-06-30",
    "owner": "agent-7",
}


class OpenBody(CommandBody):
    """A deal of a customer, in a stage of a pipeline. Without `number` one is drawn."""

    number: Number | None = None
    customer_id: UUID
    pipeline: Code
    stage: Code
    lead_id: UUID | None = None
    amount: DecimalText | None = None
    currency: Currency | None = None
    expected_close: CalendarDay | None = None
    owner: Code | None = None

    model_config = {"json_schema_extra": {"examples": [OPENED]}}


class StageBody(CommandBody):
    stage: Code


class AmountBody(CommandBody):
    """Null is not known any more."""

    amount: DecimalText | None
    currency: Currency | None


class CloseDateBody(CommandBody):
    """Null is not expected on any day."""

    expected_close: CalendarDay | None


class WinBody(CommandBody):
    """With the order that came of it, if there is one."""

    order_id: UUID | None = None
