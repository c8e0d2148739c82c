"""Reports find what others have read of the same rows, and never rows of another moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, event, insert, text, update

from infra.read_models import settled
from infra.read_models.database import ReadModels
from infra.read_models.digest import one_moment
from infra.read_models.positions import dead_letters, outdate, positions
from infra.read_models.rows_version import rows_version
from infra.read_models.settled import Walk
from infra.wiring import PROJECTIONS, Deployment
from projections.shared.frames import Frames
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head
from tests.api.given_everything import ERASURE
from tests.api.sales.given_orders import placed
from tests.waiting import wait_until

BUYERS = "/v1/reports/buyers"
JOINED = ("group_concat", "string_agg(")
OURS = {table.name for projection in PROJECTIONS for table in projection.tables} - {"api_keys"}
"""When a key was used last is written without an event, and no report reads it."""
PLACES = {"positions", "settled", "dead_letters", "projections"}
WRITTEN = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


def new_customer(client: Client) -> str:
    return str(client.post("/v1/customers", {"name": "Ada"}).json()["id"])


def asked(client: Client, after: int = 0) -> dict[str, Any]:
    answer = client.get(BUYERS, params={"after": after})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def after_order(client: Client, customer: str) -> int:
    placed(client, customer_id=customer)
    return head(client)


@contextmanager
def rows_read(read_models: ReadModels) -> Iterator[list[str]]:
    """The statements that join rows."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "positions" not in statement and "pg_class" not in statement and any(function in statement for function in JOINED):
            seen.append(statement)

    event.listen(read_models.reader, "before_cursor_execute", note)
    yield seen
    event.remove(read_models.reader, "before_cursor_execute", note)


@on_both_engines
def test_the_next_report_reads_no_row_again_until_something_happens(
    client: Client, app: FastAPI, deployment: Deployment
) -> None:
    customer = new_customer(client)
    _all_complete(client, after_order(client, customer))
    with rows_read(deployment.read_models) as statements:
        first = asked(client)
        assert statements, "the first one reads"
        statements.clear()
        assert asked(client) == first
        assert statements == []
    frames: Frames = app.state.frames
    assert f"recount_frames_bytes {float(frames.size)}" in client.get("/metrics").text
    assert frames.size > 0

    position = after_order(client, new_customer(client))
    second = asked(client, position)
    assert second["position"] >= position
    assert _orders(second) == _orders(first) + 1


def _orders(answer: dict[str, Any]) -> int:
    total = 0
    for group in answer["groups"]:
        orders = group.get("orders", group.get("measures", {}).get("orders"))
        total += int(orders["value"] if isinstance(orders, dict) else orders)
    return total


def test_an_erasure_ends_what_was_kept_of_the_person(client: Client, app: FastAPI) -> None:
    customer = new_customer(client)
    before = asked(client, after_order(client, customer))
    frames: Frames = app.state.frames
    old = dict(frames._kept)
    assert old
    erased = client.post(f"/v1/customers/{customer}/erasure", ERASURE)
    assert erased.is_success, erased.text
    assert _orders(asked(client, int(erased.headers["Position"]))) == _orders(before), "counts stay"
    assert not {id(kept.frame) for kept in old.values()} & {id(kept.frame) for kept in frames._kept.values()}


@on_both_engines
def test_a_rebuild_ends_what_was_kept_of_damaged_rows(client: Client, deployment: Deployment) -> None:
    """It comes to the same positions as the damaged rows."""
    _all_complete(client, after_order(client, new_customer(client)))
    right = asked(client)
    with deployment.read_models.writer.begin() as connection:
        connection.execute(text("UPDATE channel_sales SET orders = orders + 7"))
        connection.execute(update(positions).values(next_offset=positions.c.next_offset + 1))
    damaged = asked(client)
    assert _orders(damaged) > _orders(right)
    with deployment.read_models.writer.begin() as connection:
        connection.execute(update(positions).values(next_offset=positions.c.next_offset - 1))
    asked(client)
    begun = client.post("/v1/operations/rebuilds", {"projection": "channel_sales"})
    assert begun.is_success, begun.text
    path = begun.headers["Location"]
    wait_until(lambda: client.get(path).json()["state"] != "running", "the rebuild ends")
    assert _orders(asked(client)) == _orders(right)


@on_both_engines
def test_whatever_writes_rows_changes_their_version(client: Client, deployment: Deployment) -> None:
    read_models = deployment.read_models
    _all_complete(client, after_order(client, new_customer(client)))
    versions = [_version(read_models)]
    assert _version(read_models) == versions[0], "nothing happened"
    letter = {"projection": "orders", "position": 1, "partition": 0, "subject": uuid4(), "type": "t", "error": "e"}
    letter |= {"traceback": "", "tries": 1, "since": text("CURRENT_TIMESTAMP")}

    def swapped(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE teams RENAME TO teams__retired"))
        connection.execute(text("CREATE TABLE teams AS SELECT * FROM teams__retired"))
        connection.execute(text("DROP TABLE teams__retired"))

    for write in (
        lambda connection: connection.execute(update(positions).values(position=positions.c.position + 1)),
        lambda connection: settled.save(connection, "segment_labels", 0, Walk(0, 5, uuid4())),
        lambda connection: connection.execute(insert(dead_letters).values(letter)),
        lambda connection: connection.execute(update(dead_letters).values(discarded=1)),
        lambda connection: outdate(connection, "orders"),
        swapped,
    ):
        with read_models.writer.begin() as connection:
            write(connection)
        versions.append(_version(read_models))
    assert len(set(versions)) == len(versions)


def _all_complete(client: Client, position: int) -> None:
    """Waits for every read model: each changes the version when it comes there."""
    wait_until(lambda: all(one["complete_to"] >= position for one in client.get("/v1/status").json()["projections"]), "all")


def _version(read_models: ReadModels) -> Any:
    with one_moment(read_models) as connection:
        return rows_version(connection)


def test_every_transaction_that_writes_rows_of_a_read_model_writes_its_place(client: Client, deployment: Deployment) -> None:
    """Otherwise a version would have two contents."""
    writer, written, wrong = deployment.read_models.writer, dict[int, set[str]](), list[set[str]]()

    def note(connection: Connection, _: Any, statement: str, *__: Any) -> None:
        if found := WRITTEN.match(statement.strip()):
            written.setdefault(id(connection.connection.dbapi_connection), set()).add(found[1])

    def check(connection: Connection) -> None:
        tables = written.pop(id(connection.connection.dbapi_connection), set())
        if tables & OURS and not tables & PLACES:
            wrong.append(tables)

    event.listen(writer, "before_cursor_execute", note)
    event.listen(writer, "commit", check)
    try:
        customer = new_customer(client)
        position = after_order(client, customer)
        asked(client, position)
        erased = client.post(f"/v1/customers/{customer}/erasure", ERASURE)
        asked(client, int(erased.headers["Position"]))
    finally:
        event.remove(writer, "before_cursor_execute", note)
        event.remove(writer, "commit", check)
    assert wrong == []


@pytest.fixture
def settings(settings: Any, request: pytest.FixtureRequest) -> Any:
    return settings.model_copy(update=getattr(request, "param", {}))


@pytest.mark.parametrize("settings", [{"frame_limit": 0}], indirect=True)
def test_with_a_limit_of_0_every_report_reads(client: Client, app: FastAPI, deployment: Deployment) -> None:
    _all_complete(client, after_order(client, new_customer(client)))
    with rows_read(deployment.read_models) as statements:
        asked(client)
        first = len(statements)
        asked(client)
        assert len(statements) == 2 * first
    assert app.state.frames.size == 0
