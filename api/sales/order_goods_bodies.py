"""Request bodies of commands on an order's goods, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.sales.order_bodies import LineQuantityBody
from api.sales.order_payment_bodies import GivenOrDrawn
from api.shared.fields import Code, CommandBody, Line, Text, TheirCode
from domain.sales.order.values import ReturnedLine
from domain.shared.ids import new_id


class ShipmentBody(CommandBody):
    """The same shipment again changes nothing; with other values it is refused. More than is due is recorded and flagged."""

    shipment_id: GivenOrDrawn = None
    lines: Annotated[list[LineQuantityBody], Field(min_length=1, max_length=1000)]
    carrier: TheirCode | None = None
    tracking: Line | None = None

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "shipment_id": "shp-1",
                    "lines": [{"line_id": "1", "quantity": "2"}],
                    "carrier": "dhl",
                    "tracking": "00340434161094042557",
                }
            ]
        }
    }

    def facts(self) -> dict[str, Any]:
        return self.named() | {"shipment_id": self.shipment_id or str(new_id())}


class ReasonBody(CommandBody):
    """`reason` is a code."""

    reason: Code | None = None


class ReturnedLineBody(LineQuantityBody):
    """`reason` is a code; `restock` says whether the goods can be sold again."""

    states = ReturnedLine

    reason: Code | None = None
    condition: Literal["new", "opened", "used", "damaged", "defective", "unknown"] = "unknown"
    restock: bool = False


ReturnedLines = Annotated[list[ReturnedLineBody], Field(min_length=1, max_length=1000)]


class ReturnBody(CommandBody):
    """Goods that came back, requested or not. `exchange_order_id` is the order that replaces them."""

    return_id: GivenOrDrawn = None
    lines: ReturnedLines
    exchange_order_id: UUID | None = None

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "return_id": "ret-1",
                    "lines": [{"line_id": "1", "quantity": "1", "reason": "too_bitter", "condition": "opened"}],
                }
            ]
        }
    }

    def facts(self) -> dict[str, Any]:
        return self.named() | {"return_id": self.return_id or str(new_id())}


class ReturnRequestBody(CommandBody):
    return_id: GivenOrDrawn = None
    lines: ReturnedLines
    note: Text | None = None

    def facts(self) -> dict[str, Any]:
        return self.named() | {"return_id": self.return_id or str(new_id())}


class DeclineBody(ReasonBody):
    """`reason` is a code, `note` is for people."""

    note: Text | None = None
