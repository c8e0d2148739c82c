"""The rows of interactions and feedback after corrections, late facts and redaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from domain.customers.customer.customer import Customer
from domain.customers.feedback.feedback import Feedback
from domain.customers.interaction import Interaction
from domain.shared.annotations import Attachment
from projections.customers import feedback, interactions
from projections.shared.rows import Row
from tests.projections.harness import START, History, fold, in_memory, uuid

FILE = Attachment(id=uuid("file"), media_type="audio/ogg", bytes=7, sha256="ab" * 32, name="call.ogg")


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(interactions.interactions, feedback.feedback) as connection:
        yield connection


def logged(history: History, name: str = "call", **given: Any) -> Interaction:
    interaction = history.of(Interaction, name)
    facts: dict[str, Any] = {"customer_id": uuid("Ada"), "channel": "phone", "direction": "inbound", "title": "Hello"}
    history.must(interaction, lambda context: interaction.log(context, **facts | given))
    return interaction


def call(connection: Connection, history: History) -> Row:
    fold(connection, history, interactions.interactions)
    row = interactions.get(connection, uuid("call"))
    assert row is not None
    return row


def test_redaction_removes_texts_and_names_of_files_and_keeps_the_rest(connection: Connection, history: History) -> None:
    interaction = logged(history, participants=("Bob",), duration_seconds=60)
    history.must(interaction, lambda context: interaction.attach(context, FILE))
    history.must(interaction, lambda context: interaction.set_attributes(context, {"size": 7}))
    history.must(interaction, lambda context: interaction.redact(context))
    row = call(connection, history)
    assert (row["duration_seconds"], row["attributes"], row["private"]) == (60, {"size": 7}, None)
    assert [file["id"] for file in row["attachments"]] == [str(FILE.id)]
    assert "call.ogg" not in str(row)


def test_a_correction_replaces_the_given_values(connection: Connection, history: History) -> None:
    interaction = logged(history, agent="agent-1", thread_id="t-1")
    history.must(interaction, lambda context: interaction.correct(context, channel="chat", agent=None, title=None, body="Hi"))
    row = call(connection, history)
    assert (row["channel"], row["agent"], row["thread_id"], row["private"]) == ("chat", None, "t-1", {"body": "Hi"})


def test_erasing_a_customer_deletes_all_personal_data(connection: Connection, history: History) -> None:
    ada = history.of(Customer, "Ada")
    history.must(ada, lambda context: ada.register(context, kind="person", name="Ada"))
    interaction = logged(history)
    attributes: dict[str, str | float | None] = {"size": "large", "wish": "tea", "rank": 1}
    history.must(interaction, lambda context: interaction.set_attributes(context, attributes, plain={"size"}))
    logged(history, "other", customer_id=None, lead_id=uuid("lead"))
    history.must(ada, lambda context: ada.erase(context, reason="requested", requested_by="customer", receipt="R1"))
    row = call(connection, history)
    assert (row["attributes"], row["private"]) == ({"size": "large", "rank": 1}, None)
    assert connection.execute(select(func.count()).select_from(interactions.tables.private)).scalar() == 1


def test_the_first_acknowledgement_and_the_last_end_count(connection: Connection, history: History) -> None:
    complaint = history.of(Feedback, "complaint")

    def at(hours: int, origin: str = "import") -> dict[str, Any]:
        return {"occurred_at": START + timedelta(hours=hours), "origin": origin}

    history.now = START + timedelta(days=1)
    history.must(complaint, lambda context: complaint.submit(context, kind="complaint"), **at(0))
    for hours in (3, 1):
        history.must(complaint, lambda context: complaint.acknowledge(context), **at(hours))
    history.must(complaint, lambda context: complaint.resolve(context, code="late", resolution="Done"), **at(5))
    history.must(complaint, lambda context: complaint.dismiss(context, reason="early"), **at(4))
    fold(connection, history, feedback.feedback)
    row = feedback.get(connection, complaint.id)
    assert row is not None
    assert row["acknowledged_at"] == START + timedelta(hours=1)
    assert (row["status"], row["end_code"], row["ended_at"]) == ("resolved", "late", START + timedelta(hours=5))
    assert row["private"] == {"resolution": "Done"}
