"""The importable commands on tickets, and the facts of each command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.importing.called import Called
from commands.importing.statements import Code, Facts, Importable, annotation_commands, assignment_command
from commands.service import tickets
from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from domain.service.ticket.values import Author, DiscardReason, OpenedBy, Visibility
from domain.shared.reference import Reference


class Opening(Facts, frozen=True):
    """`customer`, `order`, `follow_up_of` and `parent` are the source's ids."""

    opened_by: OpenedBy = "customer"
    customer: str | None = None
    number: str | None = None
    title: str | None = None
    description: str | None = None
    channel: Code | None = None
    category: str | None = None
    priority: str | None = None
    order: str | None = None
    follow_up_of: str | None = None
    parent: str | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        stated = self.with_ids(called, "customer")
        order = stated.pop("order", None)
        relatives = {"follow_up_of": stated.pop("follow_up_of", None), "parent_id": stated.pop("parent", None)}
        return {
            "customer_id": None,
            **stated,
            **{name: called.other("ticket", other) for name, other in relatives.items() if other is not None},
            "ticket_id": called.id,
            "external": (called.system, called.name),
            "number": self.number,
            "opened_by": self.opened_by,
            "about": () if order is None else (Reference(kind="order", id=called.other("order", order)),),
        }


class Category(Facts, frozen=True):
    category: str


class Priority(Facts, frozen=True):
    priority: str


class Reply(Facts, frozen=True):
    """`reply_id` is the source's id of the reply, such as the row's number."""

    reply_id: str
    by: Author
    visibility: Visibility = "public"
    channel: Code | None = None
    automatic: bool = False
    body: str | None = None
    message_id: str | None = None

    def command_facts(self, called: Called) -> dict[str, Any]:
        reply = {"reply_id": self.reply_id, "by": self.by, **self.stated()}
        return {"ticket_id": called.id, "reply": Replied(**reply)}


class StatusChange(Facts, frozen=True):
    """`status_label` is the source's name of the status."""

    status_label: str | None = None


class Reasoned(StatusChange, frozen=True):
    """`reason` is a code."""

    reason: Code | None = None


class Escalation(Reasoned, frozen=True):
    team: Code | None = None


class Solution(StatusChange, frozen=True):
    code: Code | None = None
    resolution: str | None = None


class Discarding(StatusChange, frozen=True, kw_only=True):
    reason: DiscardReason


TICKETS: Mapping[str, Importable] = {
    "ticket.open": Importable(Ticket, tickets.open, Opening, describes=True),
    "ticket.categorise": Importable(Ticket, tickets.categorise, Category),
    "ticket.change_priority": Importable(Ticket, tickets.change_priority, Priority),
    **assignment_command(Ticket),
    "ticket.reply": Importable(Ticket, tickets.reply, Reply),
    "ticket.pend": Importable(Ticket, tickets.pend, StatusChange),
    "ticket.hold": Importable(Ticket, tickets.hold, Reasoned),
    "ticket.resume": Importable(Ticket, tickets.resume, StatusChange),
    "ticket.escalate": Importable(Ticket, tickets.escalate, Escalation),
    "ticket.solve": Importable(Ticket, tickets.solve, Solution),
    "ticket.reopen": Importable(Ticket, tickets.reopen, Reasoned),
    "ticket.close": Importable(Ticket, tickets.close, StatusChange),
    "ticket.discard": Importable(Ticket, tickets.discard, Discarding),
    **annotation_commands(Ticket),
}
