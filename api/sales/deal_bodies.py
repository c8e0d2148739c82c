"""Request bodies of commands on deals, and how they become a command's facts."""

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
    """A customer's deal, in a stage of a pipeline. Without `number` one is generated."""

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
    """The expected amount; null removes it."""

    amount: DecimalText | None
    currency: Currency | None


class CloseDateBody(CommandBody):
    """The day on which the deal is expected to close; null removes it."""

    expected_close: CalendarDay | None


class WinBody(CommandBody):
    """`order_id` is the order that the deal led to, if there is one."""

    order_id: UUID | None = None
