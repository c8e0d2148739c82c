"""What is said on a ticket: replies by agents and customers, in public or among agents, and what was redacted of them."""

from __future__ import annotations

import msgspec

from domain.service.ticket import values
from domain.service.ticket.refusals import REPLY_BEFORE_OPENING, ReplyKnownOtherwise, ReplyUnknown, TicketClosed
from domain.service.ticket.state import State
from domain.service.ticket.status import Move
from domain.service.ticket.values import Author, Visibility
from domain.shared.aggregate import decision
from domain.shared.annotations import Attachment
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal, same, without_personal
from domain.shared.refusals import Malformed
from domain.shared.text import choice, optional_code, optional_text, text


class Replied(Event, frozen=True, tag="crm.ticket.replied.v1"):
    """A reply changes the status by itself: no second event says so.

    A customer's reply reopens a solved ticket and resumes a pending one; an agent's public reply opens a new one. What is
    sent automatically, such as an answer that somebody is away, changes nothing.
    """

    reply_id: str
    by: Author
    visibility: Visibility = "public"
    channel: str | None = None
    automatic: bool = False
    attachments: tuple[Attachment, ...] = ()
    body: Personal[str] = None
    message_id: Personal[str] = None
    in_reply_to: Personal[str] = None
    references: Personal[tuple[str, ...]] = None
    to: Personal[tuple[str, ...]] = None
    cc: Personal[tuple[str, ...]] = None

    @property
    def move(self) -> Move | None:
        """What it does to the status."""
        if self.automatic or self.visibility == "internal":
            return None
        return "agent_replied" if self.by == "agent" else "customer_replied"

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.replies[self.reply_id] = self
        if self.move:
            ticket.moved(self.move, metadata)


class ReplyRedacted(Event, frozen=True, tag="crm.ticket.reply_redacted.v1"):
    """The reply stays, with its time and its author; its texts, addresses and attachments' names are shown no more."""

    reply_id: str
    reason: str | None = None

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.replies[self.reply_id] = without_personal(ticket.replies[self.reply_id])
        ticket.redactions[self.reply_id] = metadata.occurred_at


class Corresponding(State):
    @decision
    def reply(self, context: Context, reply: Replied) -> None:
        """Raises Malformed, ReplyKnownOtherwise; TicketClosed and, of an agent's reply, BeforeOpening (flags on import)."""
        told = checked(reply)
        known = self.replies.get(told.reply_id)
        if known is None:
            self.record(context, told, *self._refuse_reply(context, told))
        elif not same(known, told):
            raise ReplyKnownOtherwise(f"{told.reply_id!r} is already known with other values.", reply_id=told.reply_id)

    @decision
    def redact_reply(self, context: Context, reply_id: str, *, reason: str | None = None) -> None:
        """Raises ReplyUnknown, Malformed."""
        if reply_id not in self.replies:
            raise ReplyUnknown(reply_id=reply_id)
        redacted = ReplyRedacted(reply_id=reply_id, reason=optional_code(reason, "reason"))
        self.record_status(context, redacted, self.redactions.get(reply_id))

    def _refuse_reply(self, context: Context, reply: Replied) -> tuple[str, ...]:
        """Refuses a reply to a closed ticket. A customer's that is older than the ticket is a fact from outside, flagged."""
        if reply.by == "agent":
            return self.refuse_work(context)
        early = (REPLY_BEFORE_OPENING,) if self.is_early(context) else ()
        return early + self.refuse_from(context, self.standing(context.occurred_at), {"closed": TicketClosed})


def checked(reply: Replied) -> Replied:
    """The reply in the form in which it is recorded. Raises Malformed."""
    choice(reply.by, Author, "author")
    choice(reply.visibility, Visibility, "visibility")
    if reply.by == "customer" and reply.visibility == "internal":
        raise Malformed("What a customer writes is public.")
    return msgspec.structs.replace(
        reply,
        reply_id=text(reply.reply_id, "reply id", values.LABEL_LENGTH),
        channel=values.label(reply.channel, "channel"),
        body=optional_text(reply.body, "body", values.TEXT_LENGTH),
        message_id=optional_text(reply.message_id, "message id", values.MESSAGE_ID_LENGTH),
        in_reply_to=optional_text(reply.in_reply_to, "message id", values.MESSAGE_ID_LENGTH),
        references=values.texts(reply.references, "message ids", values.MESSAGE_ID_LENGTH),
        to=values.texts(reply.to, "addresses", values.ADDRESS_LENGTH),
        cc=values.texts(reply.cc, "addresses", values.ADDRESS_LENGTH),
    )
