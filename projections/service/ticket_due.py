"""ticket_due: for each ticket, the SLA target that is breached next; targets with a recorded breach are left out.

`due` is the last moment at which the target is still met. For a target that is due when the office closes, that is the next
opening: no business time passes in between.

It is computed from the ticket's own facts, and from the SLA policies and service calendars up to that position. So an event of
a ticket changes its row, and an event of a policy or a calendar may change the rows of all tickets. A ticket that waits for
nothing has no due target, and neither has one that a retired policy applies to: what that policy promised counts in reports,
but nobody is called any more. A target that was already overdue when the last imported event was recorded is left out: it is
history. `version` is the ticket's version that the row was computed from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Text, Uuid, select

from domain.service.service_level import FROM_OPENING, Promise, is_retired, met_until, promised
from domain.service.sla_policy import TicketField
from domain.service.ticket.opening import Categorised, Opened, PriorityChanged
from domain.service.ticket.service_levels import SlaBreached
from domain.service.ticket.ticket import Assigned
from domain.shared.events import Recorded
from projections.service import ticket_due_terms
from projections.service.ticket_book import TICKET_EVENTS
from projections.service.ticket_course import FINISHED, Course, CourseFacts, course_of, fact, microseconds, moment, opening
from projections.service.ticket_due_terms import Known, known_before
from projections.service.ticket_waits import waits
from projections.shared.pages import Order, page
from projections.shared.projection import Delivery, Projection, own, types
from projections.shared.rows import Instant, Row, Rows
from projections.shared.tables import table

due_tickets = table(
    "ticket_due",
    Column("ticket_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False, index=True),
    Column("version", BigInteger, nullable=False),
    Column("due", Instant, index=True),
    Column("metric", Text),
    # When the wait for the target began, and the promise that has the target.
    Column("since", Instant),
    Column("promise", Text),
    Column("finished", Boolean, nullable=False),
    Column("told", Text, nullable=False),
)


class Facts(msgspec.Struct, omit_defaults=True):
    """The facts of a ticket that its due times depend on: the facts of its course, its fields and its recorded breaches.

    `breached` has the last breach of each metric; `imported` is when the last imported event was recorded. Moments are
    microseconds, as in the course.
    """

    course_facts: CourseFacts = msgspec.field(name="told")
    fields: dict[TicketField, str | None]
    breached: dict[str, int] = {}
    imported: int | None = None


class Next(NamedTuple):
    """The target that is breached next, if nothing happens by the moment `due`."""

    due: datetime
    metric: str
    since: datetime


_NOTHING: Row = dict.fromkeys(("due", "metric", "since", "promise"))
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Facts).decode
_promise = msgspec.json.Decoder(Promise).decode

# How events change it


def apply(batch: Sequence[Delivery], rows: Rows) -> None:
    for everyone, run in groupby(batch, key=lambda delivery: delivery.recorded.metadata.everyone):
        if everyone:
            for delivery in run:
                _for_everyone(rows, delivery.recorded)
        else:
            _for_tickets(rows, own(list(run), TICKET_EVENTS))


def _for_everyone(rows: Rows, recorded: Recorded) -> None:
    ticket_due_terms.keep(rows, recorded)
    known = known_before(rows, recorded.position + 1)
    for portion in rows.each(due_tickets, "subject"):
        recomputed = [(row, row | _due(_decode(row["told"]), known)) for row in portion if not row["finished"]]
        rows.save(due_tickets, [after for before, after in recomputed if after != before])


def _for_tickets(rows: Rows, events: Sequence[Recorded]) -> None:
    if not events:
        return
    known = known_before(rows, events[0].position)
    before = rows.load(due_tickets, {recorded.stream for recorded in events})
    facts = {id: _decode(row["told"]) for id, row in before.items()}
    heads: dict[UUID, Recorded] = {}
    for recorded in events:
        facts[recorded.stream] = _after(facts.get(recorded.stream), recorded)
        heads[recorded.stream] = recorded
    rows.save(due_tickets, [_row(head, facts[id], known) for id, head in heads.items()])


def _row(head: Recorded, facts: Facts, known: Known) -> Row:
    ticket = {"ticket_id": head.stream, "subject": head.metadata.subject, "version": head.version}
    return ticket | {"told": _encode(facts).decode()} | _due(facts, known)


def _after(facts: Facts | None, recorded: Recorded) -> Facts:
    event = recorded.event
    if isinstance(event, Opened):
        fields: dict[TicketField, str | None] = {"channel": event.channel, "category": event.category}
        facts = Facts(CourseFacts(opening(recorded, event), []), fields | {"priority": event.priority, "team": None})
    assert facts is not None, "a ticket begins with its opening"
    if recorded.metadata.origin == "import":
        facts.imported = max(facts.imported or 0, microseconds(recorded.metadata.recorded_at))
    match event:
        case Assigned(team=team):
            facts.fields["team"] = team
        case Categorised(category=category):
            facts.fields["category"] = category
        case PriorityChanged(priority=priority):
            facts.fields["priority"] = priority
        case SlaBreached(metric=metric):
            at = microseconds(recorded.metadata.occurred_at)
            facts.breached[metric] = max(facts.breached.get(metric, at), at)
    if move := fact(recorded):
        facts.course_facts.moves.append(move)
    return facts


def _due(facts: Facts, known: Known) -> Row:
    """The columns of the target that is due next."""
    course = course_of(facts.course_facts)
    finished = course.status in FINISHED
    promise = None if finished else promised(moment(course.opening.at), facts.fields, known.policies)
    watched = promise is not None and not is_retired(promise.policy_id, known.policies)
    found = min(_promised(facts, course, promise, known), default=None) if promise and watched else None
    if found is None:
        return _NOTHING | {"finished": finished}
    return {**found._asdict(), "promise": _encode(promise).decode(), "finished": finished}


def _promised(facts: Facts, course: Course, promise: Promise, known: Known) -> Iterator[Next]:
    timetable = known.calendars.timetable(facts.fields["team"])
    targets = {target.metric: target for target in promise.targets}
    for metric, waited in waits(course).items():
        for wait in waited[-1:] if metric in targets else ():
            at = None if wait.over else met_until(targets[metric], wait.moments(), timetable)
            since = course.opening.at if metric in FROM_OPENING else wait.runs[0][0]
            if at is not None and facts.breached.get(metric, since - 1) < since and not _is_history(facts, at):
                yield Next(at, metric, moment(since))


def _is_history(facts: Facts, at: datetime) -> bool:
    return facts.imported is not None and microseconds(at) < facts.imported


# How it is queried


class Overdue(NamedTuple):
    """A target that a ticket missed, as of its `version`: `due` was the last moment to meet it.

    `since` is when the wait began; `promise` has the target.
    """

    ticket_id: UUID
    version: int
    due: datetime
    metric: str
    since: datetime
    promise: Promise


def overdue(connection: Connection, now: datetime, limit: int, cursor: str | None = None) -> tuple[list[Overdue], str | None]:
    """The targets that were due before now, in the order of their due times, and the cursor of the next page."""
    query = select(due_tickets).where(due_tickets.c.due < now)
    found = page(connection, query, Order(due_tickets.c.due, due_tickets.c.ticket_id), limit, cursor)
    return [_overdue(row) for row in found.rows], found.next


def _overdue(row: Row) -> Overdue:
    named = {name: row[name] for name in ("ticket_id", "version", "due", "metric", "since")}
    return Overdue(**named, promise=_promise(row["promise"]))


ticket_due = Projection(
    name="ticket_due",
    version=2,
    tables=(due_tickets, ticket_due_terms.due_terms),
    apply=apply,
    reads=types(*TICKET_EVENTS, *ticket_due_terms.EVENTS),
)
