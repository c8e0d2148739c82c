"""Tickets in lists and one at a time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from domain.customers.customer.customer import Customer
from domain.service.ticket.correspondence import Replied
from domain.service.ticket.ticket import Ticket
from domain.shared.annotations import Attachment
from domain.shared.reference import Reference
from projections.service import tickets
from projections.service.tickets import Filter
from tests.projections.harness import History, fold, in_memory, uuid

FILE = Attachment(id=uuid("file"), media_type="image/png", bytes=7, sha256="ab" * 32, name="cup.png", url="https://x.example")


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(tickets.tickets) as connection:
        yield connection


def opened(history: History, number: str, *, day: int = 1, **facts: Any) -> Ticket:
    ticket = history.of(Ticket, number)
    asked: dict[str, Any] = {"number": number, "opened_by": "customer", "channel": "email"} | facts
    history.must(ticket, lambda context: ticket.open(context, **asked), occurred_at=datetime(2024, 2, day, 12, tzinfo=UTC))
    return ticket


def replied(history: History, ticket: Ticket, id: str, **more: Any) -> None:
    facts: dict[str, Any] = {"by": "agent", "body": f"Hello {id}", "attachments": (FILE,)} | more
    history.must(ticket, lambda context: ticket.reply(context, Replied(reply_id=id, **facts)))


def one(connection: Connection, history: History, ticket: Ticket) -> dict[str, Any]:
    fold(connection, history, tickets.tickets)
    row = tickets.get(connection, ticket.id)
    assert row is not None
    return row


def numbers(connection: Connection, filter: Filter, **asked: Any) -> list[str]:
    return [row["number"] for row in tickets.listing(connection, filter, **asked).rows]


def test_one_ticket_shows_its_correspondence_references_and_attachments(connection: Connection, history: History) -> None:
    ticket = opened(history, "T1", title="Broken cup", description="Two of six", about=(Reference(kind="order", id=uuid("o")),))
    replied(history, ticket, "r1")
    history.must(ticket, lambda context: ticket.attach(context, FILE))
    history.must(ticket, lambda context: ticket.escalate(context, team="warehouse"))
    history.must(ticket, lambda context: ticket.solve(context, code="replaced", resolution="A new one", status_label="Done"))
    row = one(connection, history, ticket)
    [reply] = row["correspondence"]
    assert (reply["reply_id"], reply["by"], reply["visibility"], reply["redacted_at"]) == ("r1", "agent", "public", None)
    assert row["about"] == [{"kind": "order", "id": str(uuid("o"))}]
    assert [file["media_type"] for file in row["attachments"]] == ["image/png"]
    assert row["escalations"][0]["team"] == "warehouse"
    assert (row["status"], row["status_label"], row["solution"]) == ("solved", "Done", "replaced")
    assert (row["private"]["title"], row["private"]["description"]) == ("Broken cup", "Two of six")
    assert row["private"]["resolution"] == "A new one"
    assert row["private"]["messages"] == {"r1": {"body": "Hello r1"}}
    assert row["private"]["files"] == {str(FILE.id): {"name": "cup.png", "url": "https://x.example"}}


def test_a_redacted_reply_keeps_its_place_and_loses_its_text(connection: Connection, history: History) -> None:
    ticket = opened(history, "T1")
    replied(history, ticket, "r1", to=("ada@example.org",))
    history.must(ticket, lambda context: ticket.redact_reply(context, "r1"))
    row = one(connection, history, ticket)
    assert row["correspondence"][0]["redacted_at"] is not None
    assert row["private"] is None
    state = connection.execute(select(tickets.ticket_rows.c.state)).scalar_one()
    assert not any(text in state for text in ("Hello", "ada@", "cup.png"))


def test_an_erased_customers_ticket_keeps_its_course_and_loses_its_texts(connection: Connection, history: History) -> None:
    ada = history.of(Customer, "Ada")
    history.must(ada, lambda context: ada.register(context, kind="person", name="Ada"))
    own = opened(history, "1", customer_id=ada.id, title="Mine")
    given = opened(history, "2", title="Given")
    other = opened(history, "3", title="Another's")
    history.must(given, lambda context: given.set_requester(context, ada.id))
    replied(history, own, "r1")
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    fold(connection, history, tickets.tickets)
    rows = [tickets.get(connection, ticket.id) for ticket in (own, given, other)]
    assert [row and row["private"] and row["private"]["title"] for row in rows] == [None, None, "Another's"]
    assert [row and row["status"] for row in rows] == ["open", "new", "new"]
    assert connection.execute(select(func.count()).select_from(tickets.TICKETS.private)).scalar_one() == 1


def test_tickets_are_filtered_by_their_fields_and_their_assignment(connection: Connection, history: History) -> None:
    first, second = opened(history, "1", category="cups", priority="high"), opened(history, "2", day=2, channel="phone")
    opened(history, "3", day=3, opened_by="system", customer_id=uuid("Ada"))
    history.must(first, lambda context: first.assign(context, "ann", "tea"))
    history.must(second, lambda context: second.tag(context, ("vip",)))
    fold(connection, history, tickets.tickets)
    for filter, expected in (
        (Filter(category="cups", priority="high"), ["1"]),
        (Filter(agent="ann", team="tea"), ["1"]),
        (Filter(status="new"), ["3", "2"]),
        (Filter(tag="vip", channel="phone"), ["2"]),
        (Filter(opened_by="system"), ["3"]),
        (Filter(customer_id=uuid("Ada")), ["3"]),
        (Filter(opened_from=date(2024, 2, 2), opened_to=date(2024, 2, 3)), ["2"]),
        (Filter(number="3"), ["3"]),
    ):
        assert numbers(connection, filter) == expected


def test_tickets_are_filtered_by_their_outcome(connection: Connection, history: History) -> None:
    once, twice, spam = opened(history, "once"), opened(history, "twice"), opened(history, "spam")
    opened(history, "waiting")
    for ticket in (once, twice):
        history.must(ticket, ticket.solve)
    history.must(twice, twice.reopen)
    history.must(twice, twice.solve)
    history.must(spam, lambda context: spam.discard(context, reason="spam"))
    fold(connection, history, tickets.tickets)
    by_name = {"sort": "number", "descending": False}
    assert numbers(connection, Filter(unsolved=True), **by_name) == ["waiting"]
    assert numbers(connection, Filter(unsolved=False), **by_name) == ["once", "spam", "twice"]
    assert numbers(connection, Filter(solved_more_than_once=True)) == ["twice"]
    assert numbers(connection, Filter(discarded=True)) == ["spam"]
    assert numbers(connection, Filter(discarded=False, unsolved=False), **by_name) == ["once", "twice"]


def test_the_next_page_of_tickets_begins_where_the_last_one_ended(connection: Connection, history: History) -> None:
    for number in range(5):
        opened(history, f"N{number}")
    fold(connection, history, tickets.tickets)
    first = tickets.listing(connection, Filter(), sort="number", descending=False, limit=3)
    rest = tickets.listing(connection, Filter(), sort="number", descending=False, limit=3, cursor=first.next)
    assert [row["number"] for row in first.rows + rest.rows] == ["N0", "N1", "N2", "N3", "N4"]
    assert rest.next is None
