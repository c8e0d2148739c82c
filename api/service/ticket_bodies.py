"""Request bodies of commands on tickets, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.shared.annotation_bodies import FileBody
from api.shared.elsewhere import Elsewhere, Fixed
from api.shared.fields import ABSENT, Body, Code, CommandBody, Line, Number, TheirCode
from domain.service.ticket import correspondence, values
from domain.shared.ids import derived_id, new_id
from domain.shared.reference import Reference

Long = Annotated[str, StringConstraints(max_length=50_000)]
MessageId = Annotated[str, StringConstraints(max_length=1_000)]
OwnId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w][\w.:+-]*$")]
StatusLabel = Annotated[TheirCode | None, Field(description="The source system's name for the ticket's new status.")]

OPENED: dict[str, Any] = {
    "opened_by": "customer",
    "title": "The cup came broken",
    "description": "Two of six, in order 1042.",
    "channel": "email",
    "category": "damage",
    "priority": "high",
}


class ReferenceBody(Body):
    """A customer, an order or a ticket that the ticket is about."""

    states = Reference

    kind: Literal["customer", "order", "ticket"]
    id: UUID


class OpenBody(CommandBody):
    """Without `customer_id` the ticket has no customer yet. Without `number` one is generated."""

    number: Number | None = None
    customer_id: UUID | None = None
    opened_by: values.OpenedBy
    title: Line | None = None
    description: Long | None = None
    channel: Code | None = None
    category: TheirCode | None = None
    priority: TheirCode | None = None
    about: Annotated[list[ReferenceBody], Field(max_length=100)] = []
    follow_up_of: Annotated[UUID | None, Field(description="The closed ticket that this one continues.")] = None
    parent_id: UUID | None = None

    model_config = {"json_schema_extra": {"examples": [OPENED]}}

    def facts(self) -> dict[str, Any]:
        """A null id counts as absent, and so does an empty `about`."""
        absent_if_empty = ("follow_up_of", "parent_id", "about")
        return {name: fact for name, fact in super().facts().items() if fact or name not in absent_if_empty}


class ChangeBody(CommandBody):
    """A merge patch: absent fields stay, null clears."""

    title: Line | None = ABSENT
    description: Long | None = ABSENT
    category: TheirCode | None = ABSENT
    priority: TheirCode | None = ABSENT

    customer_id: Annotated[Any, Elsewhere("PUT /v1/tickets/{id}/requester")] = None
    about: Annotated[Any, Elsewhere("POST /v1/tickets/{id}/links")] = None
    number: Annotated[Any, Fixed()] = None
    channel: Annotated[Any, Fixed()] = None
    opened_by: Annotated[Any, Fixed()] = None
    follow_up_of: Annotated[Any, Fixed()] = None
    parent_id: Annotated[Any, Fixed()] = None

    model_config = {"json_schema_extra": {"examples": [{"title": "Two cups came broken", "priority": "urgent"}]}}


class CategoryBody(CommandBody):
    category: TheirCode | None


class PriorityBody(CommandBody):
    priority: TheirCode | None


class RequesterBody(CommandBody):
    customer_id: UUID


class LinkBody(CommandBody):
    about: ReferenceBody


class ReplyBody(CommandBody):
    """The same reply again changes nothing; with other values it is refused.

    A customer's reply reopens a solved ticket and resumes a pending one, unless it was sent automatically.
    """

    reply_id: Annotated[OwnId | None, Field(description="Your own id of the reply; generated if absent.")] = None
    by: values.Author
    visibility: values.Visibility = "public"
    channel: Code | None = None
    body: Long | None = None
    message_id: MessageId | None = None
    in_reply_to: MessageId | None = None
    references: Annotated[list[MessageId], Field(max_length=200)] = []
    to: Annotated[list[Line], Field(max_length=200)] = []
    cc: Annotated[list[Line], Field(max_length=200)] = []
    automatic: bool = False
    attachments: Annotated[list[FileBody], Field(max_length=50)] = []

    model_config = {"json_schema_extra": {"examples": [{"by": "agent", "body": "Two new ones are on their way."}]}}

    def facts(self) -> dict[str, Any]:
        reply_id = self.reply_id or str(new_id())
        files = enumerate(self.attachments, start=1)
        attachments = tuple(file.value(derived_id("attachment", reply_id, str(place))) for place, file in files)
        stated = self.named("attachments") | {"reply_id": reply_id, "attachments": attachments}
        for name in ("references", "to", "cc"):
            stated[name] = stated.get(name) or None
        return {"reply": correspondence.Replied(**stated)}


class RedactionBody(CommandBody):
    """`reason` is a code."""

    reason: Code | None = None


class StatusBody(CommandBody):
    status_label: StatusLabel = None


class ReasonBody(StatusBody):
    """`reason` is a code."""

    reason: Code | None = None


class EscalationBody(ReasonBody):
    """`team` is the team that the ticket is escalated to."""

    team: Code | None = None


class SolutionBody(StatusBody):
    """`code` is how the ticket was solved; `resolution` is a text for people."""

    code: Code | None = None
    resolution: Long | None = None

    model_config = {"json_schema_extra": {"examples": [{"code": "replaced", "resolution": "Two new cups were sent."}]}}


class MergeBody(CommandBody):
    into: Annotated[UUID, Field(description="The ticket that continues.")]


class DiscardBody(StatusBody):
    reason: values.DiscardReason
