"""The stream of events: a disconnect loses and repeats no event, and nobody reads more than they may."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from api.operations import event_stream
from api.operations.event_stream import Live, Streams
from api.shared.access import ROLES
from infra.command_line.serve import url_of
from infra.event_store import search
from infra.http.listening import bound
from infra.http.server import Server
from infra.settings import Settings
from infra.wiring import Deployment
from tests.api.client import Client
from tests.api.conftest import Headers, KeyFor, on_both_engines
from tests.api.customers.given_customers import head, registered
from tests.api.sales.given_orders import confirmed
from tests.api.served import served
from tests.waiting import PATIENCE, wait_until

STREAM = "/v1/events/stream"


class StreamMessage(NamedTuple):
    """One message of a stream: the position reached, and the event if there is one."""

    id: int
    event: dict[str, Any] | None


def messages(lines: Iterator[str]) -> Iterator[StreamMessage]:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
        elif fields:
            yield StreamMessage(int(fields["id"]), json.loads(fields["data"]) if "data" in fields else None)
            fields = {}


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    return (event for _, event in messages(lines) if event is not None)


@contextmanager
def streaming(url: str, key: Headers, last: int | None = None, **question: Any) -> Iterator[Iterator[str]]:
    """The lines of a stream, until the client disconnects."""
    headers = key if last is None else key | {"Last-Event-ID": str(last)}
    with httpx.stream("GET", url + STREAM, params=question, headers=headers, timeout=PATIENCE) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield answer.iter_lines()


@contextmanager
def somebody_writing(url: str, key: Headers, count: int) -> Iterator[None]:
    def write() -> None:
        with httpx.Client(base_url=url, headers=key) as http:
            for number in range(count):
                http.post("/v1/customers", json={"name": str(number)}).raise_for_status()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def logged(url: str, key: Headers, **question: Any) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}/v1/events", params={"limit": 500} | question, headers=key)
    return list(answer.json()["items"])


@on_both_engines
def test_repeated_disconnects_lose_and_repeat_no_event(app: FastAPI, admin: Headers) -> None:
    written, seen = 40, list[dict[str, Any]]()
    with served(app) as url, somebody_writing(url, admin, written):
        last = 0
        for taken in (7, 1, 12, 3, 5, 12):
            with streaming(url, admin, last, type="crm.customer.*") as lines:
                seen += islice(events(lines), taken)
            last = seen[-1]["position"]
        assert seen == logged(url, admin, type="crm.customer.*", upto=last)
    assert len(seen) == written


def ended(client: Client, **question: Any) -> list[dict[str, Any]]:
    """The events of a stream that ends at the head of the log."""
    answer = client.get(STREAM, params={"after": 0, "upto": head(client)} | question)
    assert answer.status_code == 200, answer.text
    return list(events(iter(answer.text.splitlines())))


def test_each_event_of_the_stream_has_a_sentence_if_asked(client: Client) -> None:
    client.post("/v1/customers", {"name": "Ada"})
    with_sentences = ended(client, sentences="true")
    assert {event["sentence"]["en"] for event in with_sentences} >= {"API key issued", "Customer registered: kind person"}
    assert [{name: event[name] for name in event if name != "sentence"} for event in with_sentences] == ended(client)


@on_both_engines
def test_the_stream_contains_what_the_log_contains(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PORTION", 3)
    customer = registered(client).rsplit("/", 1)[-1]
    confirmed(client, customer_id=customer)
    confirmed(client)
    for question in ({}, {"type": "crm.order.*"}, {"subject": customer}, {"type": "crm.order.placed.v1", "subject": customer}):
        found = client.get("/v1/events", params={"limit": 500, **question}).json()["items"]
        assert ended(client, **question) == found
        assert found


def test_the_last_event_id_overrides_the_requested_position(client: Client) -> None:
    registered(client)
    last = head(client)
    answer = client.get(STREAM, params={"after": 0, "upto": last}, headers={"Last-Event-ID": str(last)})
    assert [message for message in messages(iter(answer.text.splitlines())) if message.event] == []
    assert answer.headers["Position"] == str(last)
    assert client.get(STREAM, params={"upto": 0}, headers={"Last-Event-ID": "x"}).status_code == 422


@pytest.mark.parametrize("beyond", [1, 2**62])
def test_a_stream_cannot_begin_beyond_the_log(client: Client, beyond: int) -> None:
    registered(client)
    start = str(head(client) + beyond)
    for sent in ({"params": {"after": start}}, {"headers": {"Last-Event-ID": start}}):
        answer = client.get(STREAM, **sent)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/beyond-the-log")
        assert answer.headers["Position"] == str(head(client))


def test_without_a_position_the_stream_sends_its_start_and_new_events(app: FastAPI, admin: Headers) -> None:
    with served(app) as url:
        key = logged(url, admin)[-1]["position"]
        with streaming(url, admin) as lines:
            received = messages(lines)
            assert next(received) == StreamMessage(key, None)
            httpx.post(f"{url}/v1/customers", json={"name": "Ada"}, headers=admin)
            assert next(received).id == key + 1


def test_an_idle_stream_sends_its_position(app: FastAPI, admin: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT", 0.0)
    with served(app) as url:
        last = logged(url, admin)[-1]["position"]
        with streaming(url, admin, after=0, type="crm.order.*") as lines:
            received = list(islice(lines, 6))
    assert received == ["retry: 1000", "id: 0", "", ": alive", f"id: {last}", ""]


def test_personal_values_are_streamed_only_with_the_permission(
    client: Client, key_for: KeyFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROLES, "operator", ROLES["operator"] | {"events:read"})
    registered(client, name="Zwetschge")
    question = {"after": 0, "upto": head(client)}
    assert "Zwetschge" in client.get(STREAM, params=question, headers=key_for("auditor")).text
    answer = client.get(STREAM, params=question, headers=key_for("operator")).text
    assert "crm.customer.registered.v2" in answer
    assert "Zwetschge" not in answer


def test_a_revoked_key_receives_no_more_events(app: FastAPI, admin: Headers) -> None:
    with served(app) as url, httpx.Client(base_url=url, headers=admin) as http:
        issued = http.post("/v1/keys", json={"label": "a listener", "roles": ["auditor"]}).json()
        with streaming(url, {"Authorization": f"Bearer {issued['key']}"}) as lines:
            next(lines)
            http.post(f"/v1/keys/{issued['id']}/revocation", json={}).raise_for_status()
            list(lines)


def test_the_number_of_streams_is_limited(app: FastAPI, deployment: Deployment, admin: Headers) -> None:
    app.state.streams = Streams(deployment.store, 1)

    def status() -> int:
        return httpx.get(url + STREAM, params={"upto": 0}, headers=admin).status_code

    with served(app) as url:
        with streaming(url, admin) as lines:
            next(lines)
            refused = httpx.get(url + STREAM, headers=admin)
            assert (refused.status_code, refused.json()["type"]) == (503, "/problems/too-many-streams")
            assert refused.headers["Retry-After"]
        wait_until(lambda: status() == 200, "the stream of the disconnected client is free again")


def test_a_client_that_receives_nothing_is_disconnected(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "PATIENCE", 0.01)
    streams = Streams(deployment.store, 1)

    async def lines() -> AsyncIterator[bytes]:
        yield b"id: 0\n\n"

    async def receive_nothing(_: Message) -> None:
        await asyncio.Event().wait()

    async def send_nothing() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
    asyncio.run(asyncio.wait_for(Live(streams, lines(), 0)(scope, send_nothing, receive_nothing), 10))
    with streams.one():
        pass


def test_a_server_that_stops_ends_its_streams(app: FastAPI, admin: Headers, settings: Settings) -> None:
    ready = threading.Event()
    server = Server(app, settings, ready.set, app.state.streams.end)
    with bound("127.0.0.1", 0, "RECOUNT_PORT") as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        assert ready.wait(PATIENCE)
        with streaming(url_of(listening), admin, after=0) as lines:
            received = messages(lines)
            reached = next(message.id for message in received if message.event)
            server.end(0)
            # The stream ends properly: otherwise reading it would raise an error here.
            assert list(received)[-1].id >= reached
        thread.join(PATIENCE)
        assert not thread.is_alive()
