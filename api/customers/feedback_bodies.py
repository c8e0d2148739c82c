"""Request bodies of commands on feedback, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.shared.fields import Body, Code, CommandBody, ExternalId, SystemCode
from api.shared.references import About
from domain.customers.feedback import values

Long = Annotated[str, StringConstraints(max_length=50_000)]
Score = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]
Agent = Annotated[Code | None, Field(description="The agent whose work the feedback is about.")]

ANSWER: dict[str, Any] = {"kind": "csat", "score": 4, "channel": "email", "agent": "agent-1", "comment": "Quick, but cold tea."}


class ExternalBody(Body):
    """The feedback's id in another system. A repeat is recognised by this id."""

    system: SystemCode
    id: ExternalId


class ScaleBody(Body):
    """The lowest and the highest score that can be given."""

    states = values.Scale

    min: Score
    max: Score


class RequestBody(CommandBody):
    """A customer is asked for feedback. Without `customer_id` the customer is unknown."""

    kind: values.Kind
    channel: Code | None = None
    customer_id: UUID | None = None
    agent: Agent = None
    about: About = []
    external: ExternalBody | None = None

    model_config = {"json_schema_extra": {"examples": [{"kind": "csat", "channel": "email", "agent": "agent-1"}]}}

    def facts(self) -> dict[str, Any]:
        return self.named("external")


class SubmissionBody(CommandBody):
    """The feedback. `scale` defaults to 1 to 5 for csat and 0 to 10 for nps. For any other score it is required."""

    kind: values.Kind
    channel: Code | None = None
    customer_id: UUID | None = None
    agent: Agent = None
    score: Score | None = None
    scale: ScaleBody | None = None
    about: About = []
    comment: Long | None = None

    model_config = {"json_schema_extra": {"examples": [ANSWER]}}


class ActionBody(CommandBody):
    """`code` is the kind of action, `note` is a text for people. At least one of them is required."""

    code: Code | None = None
    note: Long | None = None

    model_config = {"json_schema_extra": {"examples": [{"code": "called", "note": "Told them about the new kettle."}]}}


class ResolutionBody(CommandBody):
    """`code` is the kind of resolution, `resolution` is a text for people."""

    code: Code | None = None
    resolution: Long | None = None


class DismissalBody(CommandBody):
    """`reason` is a code."""

    reason: Code
