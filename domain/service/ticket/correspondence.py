"""Replies on a ticket, by agents and customers, public or internal; and their redaction."""

from __future__ import annotations

import msgspec

from domain.service.ticket import values
from domain.service.ticket.refusals import REPLY_BEFORE_OPENING, ReplyKnownOtherwise, ReplyUnknown, TicketClosed
from domain.service.ticket.state import State
from domain.service.ticket.status import Move
from domain.service.ticket.values import Author, Visibility
from domain.shared.aggregate import decision
from domain.shared.annotations import Attachment, checked_attachment
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal, same, without_personal
from domain.shared.refusals import Malformed
from domain.shared.text import choice, optional_code, optional_text, text


class Replied(Event, frozen=True, tag="crm.ticket.replied.v1"):
    """A reply can change the ticket's status. No second event is recorded for that.

    A customer's reply reopens a solved ticket and resumes a pending one. An agent's public reply changes a new ticket to open.
    An automatic reply, such as an out-of-office message, does not change the status.
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
        """The move by which this reply can change the status; None if it cannot."""
        if self.automatic or self.visibility == "internal":
            return None
        return "agent_replied" if self.by == "agent" else "customer_replied"

    def apply(self, ticket: State, metadata: Metadata) -> None:
        ticket.replies[self.reply_id] = self
        if self.move:
            ticket.moved(self.move, metadata)


class ReplyRedacted(Event, frozen=True, tag="crm.ticket.reply_redacted.v1"):
    """The reply remains, with its time and author, but its texts, addresses and attachment names are no longer shown."""

    reply_id: str
    reason: str | None = None

    def apply(self, ticket: State, metadata: Metadata) -> None:
        # A fold of what had happened by a moment may leave out the reply, if it is dated after its redaction.
        if reply := ticket.replies.get(self.reply_id):
            ticket.replies[self.reply_id] = without_personal(reply)
            ticket.redactions[self.reply_id] = metadata.occurred_at


class Corresponding(State):
    @decision
    def reply(self, context: Context, reply: Replied) -> None:
        """Raises Malformed, ReplyKnownOtherwise; TicketClosed and, for an agent's reply, BeforeOpening (flags on import)."""
        event = checked(reply)
        known = self.replies.get(event.reply_id)
        if known is None:
            self.record(context, event, *self._refuse_reply(context, event))
        elif not same(known, event):
            raise ReplyKnownOtherwise(f"{event.reply_id!r} is already recorded, with other values.", reply_id=event.reply_id)

    @decision
    def redact_reply(self, context: Context, reply_id: str, *, reason: str | None = None) -> None:
        """Raises ReplyUnknown, Malformed."""
        if reply_id not in self.replies:
            raise ReplyUnknown(reply_id=reply_id)
        redacted = ReplyRedacted(reply_id=reply_id, reason=optional_code(reason, "reason"))
        self.record_status(context, redacted, self.redactions.get(reply_id))

    def _refuse_reply(self, context: Context, reply: Replied) -> tuple[str, ...]:
        """Raises TicketClosed (a flag on import). A customer's reply before the opening is a fact from outside: flagged."""
        if reply.by == "agent":
            return self.refuse_work(context)
        early = (REPLY_BEFORE_OPENING,) if self.is_early(context) else ()
        return early + self.refuse_from(context, self.standing(context.occurred_at), {"closed": TicketClosed})


def checked(reply: Replied) -> Replied:
    """The reply in the form in which it is recorded. Raises Malformed."""
    choice(reply.by, Author, "author")
    choice(reply.visibility, Visibility, "visibility")
    if reply.by == "customer" and reply.visibility == "internal":
        raise Malformed("A customer's reply must be public.")
    return msgspec.structs.replace(
        reply,
        reply_id=text(reply.reply_id, "reply id", values.LABEL_LENGTH),
        channel=values.label(reply.channel, "channel"),
        attachments=tuple(map(checked_attachment, reply.attachments)),
        body=optional_text(reply.body, "body", values.TEXT_LENGTH),
        message_id=optional_text(reply.message_id, "message id", values.MESSAGE_ID_LENGTH),
        in_reply_to=optional_text(reply.in_reply_to, "message id", values.MESSAGE_ID_LENGTH),
        references=values.texts(reply.references, "message ids", values.MESSAGE_ID_LENGTH),
        to=values.texts(reply.to, "addresses", values.ADDRESS_LENGTH),
        cc=values.texts(reply.cc, "addresses", values.ADDRESS_LENGTH),
    )
