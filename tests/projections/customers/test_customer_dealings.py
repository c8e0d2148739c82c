"""Dealings with a customer: tickets, last contacts and segments, with those of everyone merged into them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from domain.customers.customer.customer import Customer
from domain.customers.feedback.feedback import Feedback
from domain.customers.interaction import Interaction
from projections.customers.customer_dealings import dealings_of
from projections.customers.customers import customer_view
from projections.customers.feedback import feedback
from projections.customers.interactions import interactions
from projections.customers.merging import merged_into
from projections.segmentation.segment_labels import segment_labels
from projections.service.tickets import tickets
from projections.shared.rows import Row
from tests.projections.harness import History, clear, fold, in_memory, uuid
from tests.projections.segmentation.given_segments import active, buys, customer, fit
from tests.projections.service.given_tickets import NOW, hours, opened, then

READ = (customer_view, tickets, interactions, feedback, segment_labels)
ADA, BOB = uuid("Ada"), uuid("Bob")


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        yield connection


@pytest.fixture
def history() -> History:
    history = History()
    history.now = NOW
    for name in ("Ada", "Bob"):
        customer(history, name)
    return history


def dealings(connection: Connection, history: History) -> Row:
    fold(connection, history, *READ)
    return dealings_of(connection, {ADA: [ADA, *merged_into(connection, ADA)]})[ADA]


def merged(connection: Connection, history: History) -> Row:
    """The dealings with Ada after Bob was merged into her."""
    bob = history.of(Customer, "Bob")
    history.must(bob, lambda context: bob.merge_into(context, ADA))
    for projection in READ:
        clear(connection, projection)
    return dealings(connection, history)


def logged(history: History, name: str, at: datetime, **given: Any) -> Interaction:
    interaction = history.of(Interaction, name)
    facts: dict[str, Any] = {"customer_id": ADA, "channel": "phone", "direction": "inbound", "title": "Hello"} | given
    history.must(interaction, lambda context: interaction.log(context, **facts), occurred_at=at)
    return interaction


def submitted(history: History, name: str, at: datetime, kind: str, **given: Any) -> None:
    piece = history.of(Feedback, name)
    facts: dict[str, Any] = {"customer_id": ADA, "kind": kind} | given
    history.must(piece, lambda context: piece.submit(context, **facts), occurred_at=at)


def test_a_customer_without_dealings_has_empty_figures(connection: Connection, history: History) -> None:
    found = dealings(connection, history)
    assert (found["tickets"]["open"], found["tickets"]["total"]) == (0, 0)
    assert (found["tickets"]["processing_time"].value, found["tickets"]["processing_time"].numerator) == (None, 0)
    assert (found["last_interaction"], found["last_feedback"], found["segments"]) == (None, None, {})


def test_the_mean_processing_time_is_of_tickets_that_ended(connection: Connection, history: History) -> None:
    for name, solved in (("one", 2), ("two", 5), ("three", None), ("spam", 9)):
        ticket = opened(history, name, customer_id=ADA)
        if solved is not None:
            then(history, ticket, solved, ticket.solve)
        if name == "spam":
            then(history, ticket, 10, partial(ticket.discard, reason="spam"))
    opened(history, "of Bob", customer_id=BOB)
    found = dealings(connection, history)["tickets"]
    assert (found["open"], found["total"]) == (1, 3)
    mean = found["processing_time"]
    assert (mean.value, mean.numerator, mean.denominator, mean.unit) == (Decimal(12_600), Decimal(25_200), 2, "seconds")
    assert merged(connection, history)["tickets"]["total"] == 4


def test_a_reopened_ticket_is_open_again_and_does_not_count_in_the_mean(connection: Connection, history: History) -> None:
    ticket = opened(history, customer_id=ADA)
    then(history, ticket, 1, ticket.solve)
    then(history, ticket, 2, lambda context: ticket.reopen(context))
    found = dealings(connection, history)["tickets"]
    assert (found["open"], found["processing_time"].value) == (1, None)


def test_the_last_contacts_are_those_that_occurred_last(connection: Connection, history: History) -> None:
    logged(history, "late", hours(5), agent="agent-1")
    logged(history, "early", hours(1))
    retracted = logged(history, "retracted", hours(9))
    history.must(retracted, lambda context: retracted.retract(context))
    submitted(history, "praise", hours(4), "praise", comment="Lovely")
    submitted(history, "score", hours(3), "csat", score=2)
    submitted(history, "of Bob", hours(6), "nps", score=9, customer_id=BOB)
    found = dealings(connection, history)
    assert (found["last_interaction"]["id"], found["last_interaction"]["agent"]) == (uuid("late"), "agent-1")
    assert found["last_feedback"] == {
        "id": uuid("praise"),
        "kind": "praise",
        "status": "submitted",
        "channel": None,
        "score": None,
        "submitted_at": hours(4),
        "submitted_on": None,
    }
    assert merged(connection, history)["last_feedback"]["score"] == 9


def test_segments_are_the_labels_by_every_active_model(connection: Connection, history: History) -> None:
    buys(history, history.of(Customer, "Ada"), date(2024, 2, 1), "10.00")
    active(history, fit("orders", centroids=[[9.0], [1.0]]))
    active(history, fit("attribute:size", centroids=[[1.0], [2.0]], name="by-size"))
    assert dealings(connection, history)["segments"] == {"baseline": "2", "by-size": None}
