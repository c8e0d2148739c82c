"""docs/tickets.md is generated from the decisions of tickets. `python -m tests.docs.ticket_statuses` writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from domain.shared.annotations import Attachment
from domain.shared.events import Actor, Context
from domain.shared.ids import derived_id
from domain.shared.reference import Reference
from domain.shared.refusals import Refusal

PAGE = Path(__file__).parents[2] / "docs" / "tickets.md"
HEAD = """\
# Statuses of tickets

What each command on a ticket does in each status. `python -m tests.docs.ticket_statuses` generates this page by trying every
command in every status, so it is true.

| a ticket is | if |
|---|---|
| new | it is opened, and nobody has answered or taken it |
| open | an agent works on it |
| pending | it waits for the customer |
| on hold | it waits for a third party |
| solved | an agent has solved it; it can be reopened |
| closed | it is closed for good: open a new ticket with `follow_up_of` |
| merged | it is closed, and continued in another ticket |
| discarded | it is closed, because it was not a real case |

`GET /v1/tickets` shows merged and discarded tickets with the status `closed`, and with `merged_into` or `discarded`.

The path of a command follows `/v1/tickets/{id}`. In the table below

- **open** (or another status in bold) is the new status;
- *recorded* means that the fact is recorded, and the status does not change;
- *nothing* means that nothing is recorded, because it is so already. The answer is the same as for the first command. If the
  request states another `occurred_at`, the fact is recorded again, and flagged as `repeated`;
- `ticket-closed` (or another code) is the problem type, `/problems/ticket-closed`, with which the command is refused. An import
  records the fact, with this flag in `irregular`; only `ticket-merged` is refused there too.

The status that counts is the one at the time when the fact happened (`occurred_at`): a reply that is recorded late can still
count from before the ticket was closed.
"""
NOW = datetime(2026, 3, 2, tzinfo=UTC)
FILE = Attachment(id=derived_id("file", "1"), media_type="image/png", bytes=7, sha256="ab" * 32)
OTHER_FILE = Attachment(id=derived_id("file", "2"), media_type="image/png", bytes=7, sha256="cd" * 32)

Act = Callable[[Ticket, Context], None]


class Command(NamedTuple):
    """What the command is called on the page, the method and path of its request, and the decision that it makes."""

    name: str
    request: str
    act: Act


def _replied(reply_id: str, **facts: Any) -> Act:
    return lambda ticket, context: ticket.reply(context, Replied(reply_id=reply_id, **facts))


def _id(name: str) -> UUID:
    return derived_id("ticket", name)


COMMANDS = (
    Command("a customer's reply", "POST /replies", _replied("2", by="customer")),
    Command("an agent's public reply", "POST /replies", _replied("2", by="agent")),
    Command("an agent's note (an internal reply)", "POST /replies", _replied("2", by="agent", visibility="internal")),
    Command("an automatic reply", "POST /replies", _replied("2", by="agent", automatic=True)),
    Command("redact a reply", "POST /replies/{reply_id}/redaction", lambda t, context: t.redact_reply(context, "1")),
    Command("assign", "PUT /assignment", lambda t, context: t.assign(context, "grace", "service")),
    Command("wait for the customer", "POST /pending", lambda t, context: t.pend(context)),
    Command("wait for a third party", "POST /hold", lambda t, context: t.hold(context)),
    Command("resume", "POST /resumption", lambda t, context: t.resume(context)),
    Command("escalate", "POST /escalation", lambda t, context: t.escalate(context)),
    Command("solve", "POST /solution", lambda t, context: t.solve(context)),
    Command("reopen", "POST /reopening", lambda t, context: t.reopen(context)),
    Command("close", "POST /closure", lambda t, context: t.close(context)),
    Command("merge into another ticket", "POST /merge", lambda t, context: t.merge_into(context, _id("another"))),
    Command("discard", "POST /discarding", lambda t, context: t.discard(context, reason="spam")),
    Command("change title or description", "PATCH ", lambda t, context: t.change_details(context, {"title": "Cup"})),
    Command("set the category", "PUT /category", lambda t, context: t.categorise(context, "cups")),
    Command("set the priority", "PUT /priority", lambda t, context: t.change_priority(context, "high")),
    Command("set the requester", "PUT /requester", lambda t, context: t.set_requester(context, _id("a customer"))),
    Command(
        "link an order, a customer or a ticket",
        "POST /links",
        lambda t, context: t.link(context, Reference(kind="order", id=_id("an order"))),
    ),
    Command("tag", "POST /tags", lambda t, context: t.tag(context, ("vip",))),
    Command("remove a tag", "POST /tags/removal", lambda t, context: t.untag(context, ("old",))),
    Command("set attributes", "PATCH /attributes", lambda t, context: t.set_attributes(context, {"size": 3})),
    Command("add an external id", "POST /external-ids", lambda t, context: t.link_external_id(context, "shop", "2")),
    Command(
        "remove an external id", "POST /external-ids/removal", lambda t, context: t.unlink_external_id(context, "shop", "1")
    ),
    Command("attach a file", "POST /attachments", lambda t, context: t.attach(context, OTHER_FILE)),
    Command("detach a file", "DELETE /attachments/{attachment_id}", lambda t, context: t.detach(context, FILE.id)),
)
WAYS: Mapping[str, tuple[Act, ...]] = {
    "new": (),
    "open": (lambda t, context: t.reply(context, Replied(reply_id="0", by="agent")),),
    "pending": (lambda t, context: t.pend(context),),
    "on hold": (lambda t, context: t.hold(context),),
    "solved": (lambda t, context: t.solve(context),),
    "closed": (lambda t, context: t.solve(context), lambda t, context: t.close(context)),
    "merged": (lambda t, context: t.merge_into(context, _id("the first")),),
    "discarded": (lambda t, context: t.discard(context, reason="spam"),),
}
"""How a ticket gets each status."""


def write() -> None:
    PAGE.write_text(page())


def page() -> str:
    return "\n".join([HEAD, *_table()]) + "\n"


def _table() -> Iterator[str]:
    yield f"| command | request | {' | '.join(WAYS)} |"
    yield "|" + "---|" * (2 + len(WAYS))
    for command in COMMANDS:
        outcomes = (outcome(command.act, status) for status in WAYS)
        yield f"| {command.name} | `{command.request.strip()}` | {' | '.join(outcomes)} |"


def outcome(act: Act, status: str) -> str:
    """What the command does to a ticket with this status, an hour after it got the status."""
    ticket = _ticket(status)
    version = ticket.version
    try:
        act(ticket, _context(len(WAYS[status]) + 1))
    except Refusal as refusal:
        return f"`{refusal.rule}`"
    if ticket.version == version:
        return "*nothing*"
    after = shown(ticket)
    return "*recorded*" if after == status else f"**{after}**"


def shown(ticket: Ticket) -> str:
    """The status as the page names it: how a closed ticket was closed counts."""
    by = ticket.standing().by
    return {"merged": "merged", "discarded": "discarded"}.get(by or "", ticket.status.replace("_", " "))


def _ticket(status: str) -> Ticket:
    """A ticket with a reply, a tag, a file and an external id, so that there is something to remove."""
    ticket = Ticket(_id("one"))
    opening = _context(0)
    ticket.open(opening, number="1", opened_by="customer")
    ticket.reply(opening, Replied(reply_id="1", by="customer"))
    ticket.tag(opening, ("old",))
    ticket.attach(opening, FILE)
    ticket.link_external_id(opening, "shop", "1")
    for hours, way in enumerate(WAYS[status], start=1):
        way(ticket, _context(hours))
    assert shown(ticket) == status
    return ticket


def _context(hours: int) -> Context:
    return Context(now=NOW + timedelta(hours=hours), actor=Actor(type="user", id="ada"))


if __name__ == "__main__":
    write()
