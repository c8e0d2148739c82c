"""Field types of request bodies."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from domain.events import Source


class Body(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


def _decimal(text: str) -> Decimal:
    return Decimal(text)


Line = Annotated[str, StringConstraints(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w][\w.:/+-]*$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=255)]
DecimalText = Annotated[
    str,
    StringConstraints(pattern=r"^-?\d{1,15}(\.\d{1,6})?$"),
    AfterValidator(_decimal),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,6})?$", "examples": ["12.50"]}),
]
"""A decimal number as a string, so that no digit is lost on the way; validated into a Decimal."""

AttributeValue = (
    Annotated[str, StringConstraints(max_length=10_000)]
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False)]
    | None
)
AttributeKey = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Attributes = Annotated[dict[AttributeKey, AttributeValue], Field(max_length=200)]


class SourceBody(Body):
    """Where a fact comes from. The same `event_id` again records nothing."""

    system: Code
    event_id: ExternalId | None = None

    def value(self) -> Source:
        return Source(system=self.system, event_id=self.event_id)


class Told(Body):
    """What every command may say beside its own facts: when it happened, for whom, and what it follows from."""

    occurred_at: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        None,
        description="When it happened, if not now: a month, a day, a minute or a moment.",
        examples=["2026-05", "2026-05-01", "2026-05-01T10:30+08:00", "2026-05-01T10:30:15Z"],
    )
    occurred_zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        None, description="IANA name or offset of the zone that `occurred_at` is in.", examples=["Asia/Shanghai"]
    )
    source: SourceBody | None = None
    on_behalf_of: Code | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None


def given(body: BaseModel, *fields: str, **conversions: Any) -> dict[str, Any]:
    """The fields that the request names; one that is absent is left to the command's default."""
    found = {}
    for field in (*fields, *conversions):
        if field in body.model_fields_set:
            value = getattr(body, field)
            found[field] = conversions[field](value) if field in conversions and value is not None else value
    return found
