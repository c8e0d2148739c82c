"""A ticket as its read model keeps it between batches: its state, folded from its events with their own appliers.

Personal data (texts, addresses, names of attachments, external ids) is stored separately from the rest of a book, so that it
can be purged completely. The personal data of a redacted reply is dropped when its redaction is folded.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.service.ticket.correspondence import Replied, ReplyRedacted
from domain.service.ticket.opening import Opened
from domain.service.ticket.processing import Discarded, Escalated, Solved, StatusChange
from domain.service.ticket.service_levels import SlaApplied
from domain.service.ticket.ticket import Ticket
from domain.shared.annotations import Attachment, AttachmentAdded, AttachmentRemoved
from domain.shared.attributes import Number
from domain.shared.events import Event, Recorded
from domain.shared.personal import without_personal
from domain.shared.reference import Reference
from projections.service.ticket_course import CourseFacts, fact, opening
from projections.shared.rows import Row

TICKET_EVENTS: tuple[type[Event], ...] = tuple(Ticket.events)


class Escalation(msgspec.Struct, frozen=True, omit_defaults=True):
    at: datetime
    team: str | None = None
    reason: str | None = None


class Kept(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The part of a book without personal data. Replies are in the order in which they were recorded."""

    course_facts: CourseFacts = msgspec.field(name="told")
    opened: Opened
    customer_id: UUID | None
    category: str | None
    priority: str | None
    assignment: tuple[str | None, str | None]
    tags: set[str]
    about: list[Reference]
    replies: dict[str, Replied]
    replied: dict[str, datetime]
    redactions: dict[str, datetime]
    merged_into: UUID | None
    discarded: str | None
    solution: str | None
    status_label: str | None
    escalated: list[Escalation]
    sla: SlaApplied | None
    breaches: dict[str, datetime]
    files: dict[str, Attachment]
    plain_attributes: dict[str, str | Number] = {}


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """The personal data of a reply, without that of its attachments."""

    body: str | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] | None = None
    to: tuple[str, ...] | None = None
    cc: tuple[str, ...] | None = None


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """The personal data of an attachment."""

    name: str | None = None
    url: str | None = None


class Private(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The part of a book with personal data. `files` are attachments of the ticket and of its replies, by their ids."""

    title: str | None = None
    description: str | None = None
    resolution: str | None = None
    messages: dict[str, Message] = {}
    attributes: dict[str, str] = {}
    external_ids: list[tuple[str, str | None]] = []
    files: dict[str, File] = {}


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_kept = msgspec.json.Decoder(Kept).decode
_decode_private = msgspec.json.Decoder(Private).decode


class TicketBook(Ticket):
    """A ticket's state, which can be folded, dumped and loaded again."""

    course_facts: CourseFacts

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.replied: dict[str, datetime] = {}
        self.discarded: str | None = None
        self.solution: str | None = None
        self.status_label: str | None = None
        self.escalated: list[Escalation] = []
        self.files: dict[str, Attachment] = {}
        self.named: dict[str, File] = {}
        self.messages: dict[str, Message] = {}
        self.resolution: str | None = None

    @classmethod
    def load(cls, id: UUID, kept: str | None, private: str | None = None) -> TicketBook:
        """The book that was dumped; an empty book if `kept` is None."""
        book = cls(id)
        if kept is not None:
            state = _decode_kept(kept)
            vars(book).update({field: getattr(state, field) for field in Kept.__struct_fields__ if field != "plain_attributes"})
            book.take_up_attributes(state.plain_attributes, {})
            book.about, book.attachments = set(state.about), {file.id for file in state.files.values()}
        if private is not None:
            book._load_private(_decode_private(private))
        return book

    def fold(self, recorded: Recorded) -> None:
        event = recorded.event
        self.version = recorded.version
        event.apply(self, recorded.metadata)
        if isinstance(event, Opened):
            self.course_facts = CourseFacts(opening(recorded, event), [])
            self.opened = without_personal(event)
        elif move := fact(recorded):
            self.course_facts.moves.append(move)
        self._fold_more(event, recorded.metadata.occurred_at)

    def _fold_more(self, event: Event, at: datetime) -> None:
        """Fold the facts that only the read model uses: no decision of a ticket reads them."""
        if isinstance(event, Replied):
            self.replied[event.reply_id] = at
            self.messages[event.reply_id] = Message(**{name: getattr(event, name) for name in Message.__struct_fields__})
            self._remember_files(event.attachments)
            self.replies[event.reply_id] = without_personal(event)
        elif isinstance(event, ReplyRedacted):
            self._redact(event.reply_id)
        elif isinstance(event, AttachmentAdded):
            self._remember_files((event.attachment,))
            self.files[str(event.attachment.id)] = without_personal(event.attachment)
        elif isinstance(event, AttachmentRemoved):
            if file := self.files.pop(str(event.attachment_id), None):
                self._forget_files((file,))
        elif isinstance(event, Escalated):
            self.escalated.append(Escalation(at, event.team, event.reason))
        elif isinstance(event, Solved):
            self.solution, self.resolution = event.code, event.resolution
        elif isinstance(event, Discarded):
            self.discarded = event.reason
        if isinstance(event, StatusChange):
            self.status_label = event.status_label

    def forget(self) -> None:
        self._load_private(Private())

    def facts(self) -> Opened:
        """How the ticket was opened, without personal data."""
        if self.opened is None:
            raise LookupError(f"The first event of ticket {self.id} does not open it.")
        return self.opened

    def dump(self) -> str:
        kept = {field: getattr(self, field) for field in Kept.__struct_fields__}
        return _encode(Kept(**kept | {"about": sorted(self.about, key=str)})).decode()

    def private(self) -> str | None:
        """The part with personal data; None if there is none."""
        private = Private(
            **self.details,
            resolution=self.resolution,
            messages={id: message for id, message in self.messages.items() if message != Message()},
            attributes=self.personal_attributes,
            external_ids=sorted(self.external_ids, key=str),
            files={id: file for id, file in self.named.items() if file != File()},
        )
        return None if private == Private() else _encode(private).decode()

    def _remember_files(self, attachments: tuple[Attachment, ...]) -> None:
        self.named.update({str(file.id): File(file.name, file.url) for file in attachments})

    def _redact(self, reply_id: str) -> None:
        self.messages.pop(reply_id, None)
        if reply := self.replies.get(reply_id):
            self._forget_files(reply.attachments)

    def _forget_files(self, attachments: tuple[Attachment, ...]) -> None:
        for file in attachments:
            self.named.pop(str(file.id), None)

    def _load_private(self, private: Private) -> None:
        self.details = {"title": private.title, "description": private.description}
        self.resolution, self.messages, self.named = private.resolution, dict(private.messages), dict(private.files)
        self.take_up_attributes(self.plain_attributes, private.attributes)
        self.external_ids = set(private.external_ids)


class Brief(msgspec.Struct, frozen=True, omit_defaults=True):
    """The personal data of a ticket that lists show too: what is short."""

    title: str | None = None
    attributes: dict[str, str] = {}
    external_ids: list[tuple[str, str | None]] = []


brief = msgspec.json.Decoder(Brief).decode


def listed(book: TicketBook) -> Row:
    """The parts of a ticket that lists show too, as plain JSON values."""
    return {
        "about": msgspec.to_builtins(sorted(book.about, key=str)),
        "attributes": book.plain_attributes,
        "escalations": msgspec.to_builtins(book.escalated),
        "solution": book.solution,
        "sla": book.sla and _untagged(book.sla),
        "breaches": msgspec.to_builtins(book.breaches),
    }


def details(book: TicketBook) -> Row:
    """All parts of a ticket, as plain JSON values."""
    return listed(book) | {
        "tags": sorted(book.tags),
        "correspondence": [_reply(book, id) for id in book.replies],
        "attachments": msgspec.to_builtins(list(book.files.values())),
    }


def _reply(book: TicketBook, id: str) -> Row:
    return _untagged(book.replies[id]) | {
        "replied_at": msgspec.to_builtins(book.replied[id]),
        "redacted_at": msgspec.to_builtins(book.redactions.get(id)),
    }


def _untagged(event: Any) -> Row:
    """The fields of an event that have a value, without its type. Personal data was removed when the event was folded."""
    fields: Row = msgspec.to_builtins(msgspec.structs.asdict(event))
    return {name: value for name, value in fields.items() if value is not None}
