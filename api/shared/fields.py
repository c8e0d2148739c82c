"""Field types of request bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from domain.shared.contact import Address
from domain.shared.events import Source

DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]", re.ASCII)
EXACT = 2**53
ABSENT: Any = None
"""The default of a field that may be left out and may not be null; a body's facts are without what is left out."""


class Body(BaseModel):
    """A request body: unknown fields are refused.

    One that states a value of the domain names its class as `states`; its fields have the same names.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    states: ClassVar[type[msgspec.Struct]]

    def named(self, *apart: str) -> dict[str, Any]:
        """What the request names, as it is stated, by the names of the fields; without the fields `apart`."""
        names = self.__pydantic_fields_set__
        return _stated(self, names.difference(apart) if apart else names)

    def stated(self) -> Any:
        """The value that the body states; a field that is absent has the value's own default."""
        return self.states(**self.named())


def stated(value: Any) -> Any:
    """What a field states: bodies as the values they stand for, lists as tuples."""
    if isinstance(value, list):
        return tuple(map(stated, value))
    return value.stated() if isinstance(value, Body) else value


def _stated(body: Body, names: Iterable[str]) -> dict[str, Any]:
    """What these fields state. Texts are stated as they are, and skip the call: nearly all fields are texts."""
    # Attributes of the body are read past its properties, each of which costs a call.
    values = body.__dict__
    return {name: value if type(value := values[name]) is str else stated(value) for name in names}


def _decimal(text: object) -> Decimal:
    if not isinstance(text, str) or not DECIMAL.fullmatch(text):
        raise ValueError("a decimal number as a string, up to 15 digits before the point and up to 6 after it")
    return Decimal(text) + 0  # There is no negative zero.


def _exact(value: object) -> object:
    """Beyond this a whole number would become a fraction that is not quite it."""
    if isinstance(value, int) and abs(value) > EXACT:
        raise ValueError(f"a whole number from -{EXACT} to {EXACT}; send a larger one as a text")
    return value


def instant(text: object) -> datetime:
    """The moment in UTC. Raises ValueError."""
    told = "a moment with its offset from UTC, such as 2026-05-01T10:30:15+08:00"
    if not isinstance(text, str) or not INSTANT.match(text):
        raise ValueError(told)
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError(told)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(told) from None


def _day(text: object) -> date:
    told = "a day such as 2026-05-01"
    if not isinstance(text, str) or not DAY.fullmatch(text):
        raise ValueError(told)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(told) from None


Line = Annotated[str, StringConstraints(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w][\w.:/+-]*$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=64)]
TheirCode = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""A code that another system made up: it may contain blanks."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=255)]
DecimalText = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    WithJsonSchema({"type": "string", "pattern": f"^{DECIMAL.pattern}$", "examples": ["12.50"]}),
]
"""A decimal number as a string, so that no digit is lost on the way; validated into a Decimal."""

AttributeValue = Annotated[
    Annotated[str, StringConstraints(max_length=10_000)]
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-EXACT, le=EXACT)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False)]
    | None,
    BeforeValidator(_exact),
]
AttributeKey = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Attributes = Annotated[
    dict[AttributeKey, AttributeValue],
    Field(
        max_length=200,
        description="Texts are personal unless their field says otherwise, numbers and flags are plain; null removes.",
    ),
]
Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-05-01T10:30:15+08:00"]}),
]
"""A moment with its offset from UTC; validated into UTC."""
CalendarDay = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-05-01"]}),
]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
SYSTEM = r"^[\w][\w.:+-]*$"
"""A system's code has no slash in it, so that in a path it ends where the external id begins, which may have one."""
SystemCode = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=SYSTEM)]
System = Annotated[str, Path(min_length=1, max_length=64, pattern=SYSTEM)]
External = Annotated[str, Path(min_length=1, max_length=255), StringConstraints(pattern=r"^[^\x00]+$")]


class AddressBody(Body):
    lines: Annotated[list[Line], Field(max_length=10)] = []
    city: Line | None = None
    region: Line | None = None
    postal_code: Annotated[str, StringConstraints(max_length=20)] | None = None
    country: Country | None = None

    def stated(self) -> Address:
        """Field by field, which is five times as fast: registering a customer is the hottest path."""
        return Address(
            lines=tuple(self.lines),
            city=self.city,
            region=self.region,
            postal_code=self.postal_code,
            country=self.country,
        )


class SourceBody(Body):
    """Where a fact comes from. The same `event_id` again records nothing."""

    states = Source

    system: Code
    event_id: ExternalId | None = None


class CommandBody(Body):
    """What every command may say beside its own facts: when it happened, for whom, and what it follows from."""

    occurred_at: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        default=None,
        description="When it happened, if not now: a month, a day, a minute or a moment.",
        examples=["2026-05", "2026-05-01", "2026-05-01T10:30+08:00", "2026-05-01T10:30:15Z"],
    )
    occurred_zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        default=None, description="IANA name or offset of the zone that `occurred_at` is in.", examples=["Asia/Shanghai"]
    )
    source: SourceBody | None = None
    on_behalf_of: Code | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None

    def named(self, *apart: str) -> dict[str, Any]:
        return _stated(self, self.__pydantic_fields_set__.difference(CIRCUMSTANCES, apart))

    def facts(self) -> dict[str, Any]:
        """The command's facts: what the request names; what is absent is left to the command's default."""
        return self.named()


CIRCUMSTANCES = frozenset(CommandBody.model_fields)
"""What becomes the command's context and not its facts."""
