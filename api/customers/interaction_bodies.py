"""Request bodies of commands on interactions."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.shared.elsewhere import Fixed
from api.shared.fields import ABSENT, Code, CommandBody, Line, Text
from api.shared.references import About
from domain.customers.interaction import Channel, Direction

Long = Annotated[str, StringConstraints(max_length=50_000)]
MessageId = Annotated[str, StringConstraints(max_length=1_000)]
Participants = Annotated[list[Line], Field(max_length=200, description="Who took part, without the agent: names or addresses.")]
Seconds = Annotated[int, Field(strict=True, ge=0, lt=2**31)]

CALL: dict[str, Any] = {
    "customer_id": "0199a8f4-0000-7000-8000-000000000000",
    "channel": "phone",
    "direction": "inbound",
    "agent": "agent-1",
    "duration_seconds": 340,
    "title": "Where is my parcel",
    "outcome": "Will be delivered tomorrow",
}


class LogBody(CommandBody):
    """An interaction with a customer, a lead, or both. `occurred_at` is when it took place."""

    customer_id: UUID | None = None
    lead_id: UUID | None = None
    channel: Channel
    direction: Direction
    agent: Code | None = None
    duration_seconds: Seconds | None = None
    thread_id: Annotated[Code | None, Field(description="The code that all messages of one conversation share.")] = None
    title: Line | None = None
    body: Long | None = None
    outcome: Text | None = None
    participants: Participants = []
    message_id: MessageId | None = None
    about: About = []

    model_config = {"json_schema_extra": {"examples": [CALL]}}


class CorrectionBody(CommandBody):
    """A merge patch: absent fields stay, null clears. `about` and `participants` are replaced as a whole."""

    channel: Channel = ABSENT
    direction: Direction = ABSENT
    agent: Code | None = ABSENT
    duration_seconds: Seconds | None = ABSENT
    thread_id: Code | None = ABSENT
    title: Line | None = ABSENT
    body: Long | None = ABSENT
    outcome: Text | None = ABSENT
    participants: Participants = ABSENT
    message_id: MessageId | None = ABSENT
    about: About = ABSENT

    customer_id: Annotated[Any, Fixed("retract the interaction and log it again")] = None
    lead_id: Annotated[Any, Fixed("retract the interaction and log it again")] = None

    model_config = {"json_schema_extra": {"examples": [{"duration_seconds": 400, "outcome": None}]}}


class ReasonBody(CommandBody):
    """`reason` is a code."""

    reason: Code | None = None
