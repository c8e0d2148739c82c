"""Tickets over HTTP: a request's values become the recorded event."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.service.ticket.correspondence import Replied
from domain.service.ticket.processing import Solved
from domain.shared.events import Recorded, type_name
from infra.event_store.store import EventStore
from infra.wiring import Deployment
from tests.api.client import Client
from tests.api.sales.given_orders import done, placed
from tests.docs.ticket_statuses import COMMANDS

TICKET: dict[str, Any] = {"opened_by": "customer", "title": "Broken cup", "channel": "email", "priority": "high"}
FILE = {"media_type": "image/png", "bytes": 1, "sha256": "ab" * 32, "name": "cup.png"}


@pytest.fixture
def store(deployment: Deployment) -> EventStore:
    return deployment.store


def opened(client: Client, **more: Any) -> str:
    """The path of a ticket."""
    answer = client.post("/v1/tickets", TICKET | more)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def events(store: EventStore, ticket: str) -> list[Recorded]:
    id = UUID(ticket.rsplit("/", 1)[-1])
    return list(store.streams([id])[id])


def facts(store: EventStore, ticket: str) -> list[str]:
    return [type_name(type(recorded.event)).split(".")[2] for recorded in events(store, ticket)]


def refused(client: Client, path: str, body: Any, rule: str, status: int = 409) -> None:
    answer = client.post(path, body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{rule}"), answer.text


def test_a_ticket_goes_from_opening_to_closure(client: Client, store: EventStore) -> None:
    ticket = opened(client)
    assert client.put(f"{ticket}/assignment", {"owner": "agent-7", "team": "service"}).status_code == 200
    done(client, f"{ticket}/replies", {"by": "agent", "body": "Which cup?", "to": ["ada@example.org"]})
    done(client, f"{ticket}/pending", {"status_label": "Waiting for customer"})
    done(client, f"{ticket}/replies", {"by": "customer", "body": "The blue one", "attachments": [FILE]})
    done(client, f"{ticket}/escalation", {"team": "warehouse", "reason": "damage"})
    done(client, f"{ticket}/hold", {"reason": "supplier"})
    done(client, f"{ticket}/resumption")
    done(client, f"{ticket}/solution", {"code": "replaced", "resolution": "A new one was sent."})
    done(client, f"{ticket}/reopening", {"reason": "broken_again"})
    done(client, f"{ticket}/solution", {"code": "refunded"})
    done(client, f"{ticket}/closure")
    assert facts(store, ticket) == [
        *("opened", "assigned", "replied", "pended", "replied", "escalated"),
        *("held", "resumed", "solved", "reopened", "solved", "closed"),
    ]
    solved = events(store, ticket)[8].event
    assert solved == Solved(code="replaced", resolution="A new one was sent.")


def test_a_closed_ticket_takes_no_reply_and_a_new_one_follows_up(client: Client) -> None:
    ticket = opened(client)
    done(client, f"{ticket}/solution")
    done(client, f"{ticket}/closure")
    refused(client, f"{ticket}/replies", {"by": "customer", "body": "Once more"}, "ticket-closed")
    opened(client, follow_up_of=ticket.rsplit("/", 1)[-1])


def test_a_ticket_that_is_not_solved_is_not_closed(client: Client) -> None:
    refused(client, f"{opened(client)}/closure", None, "ticket-not-solved")


def test_a_solution_before_the_opening_is_refused(client: Client) -> None:
    ticket = opened(client, occurred_at="2026-03-02")
    refused(client, f"{ticket}/solution", {"occurred_at": "2026-03-01"}, "before-opening")
    done(client, f"{ticket}/solution", {"occurred_at": "2026-03-02"})


def test_a_reply_is_recorded_once_and_redacted(client: Client, store: EventStore) -> None:
    ticket = opened(client)
    reply_body = {"reply_id": "r-1", "by": "customer", "body": "My card is 4111", "attachments": [FILE], "message_id": "<1@x>"}
    first = done(client, f"{ticket}/replies", reply_body)
    assert done(client, f"{ticket}/replies", reply_body)["version"] == first["version"]
    refused(client, f"{ticket}/replies", reply_body | {"body": "Other"}, "reply-known-otherwise")
    done(client, f"{ticket}/replies/r-1/redaction", {"reason": "card_number"})
    refused(client, f"{ticket}/replies/r-2/redaction", None, "reply-unknown", 404)
    reply = events(store, ticket)[1].event
    assert isinstance(reply, Replied)
    assert reply.attachments[0].name == "cup.png"
    assert facts(store, ticket) == ["opened", "replied", "reply_redacted"]


def test_another_system_opens_a_ticket_and_changes_it(client: Client, store: EventStore) -> None:
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    path = f"/v1/tickets/by/desk/{uuid4()}"
    made = client.put(path, TICKET | {"number": str(uuid4())})
    assert made.status_code == 201, made.text
    ticket = made.headers["Location"]
    change = {"title": "Two broken cups", "priority": None, "category": "damage", "customer_id": customer}
    changed = client.put(path, TICKET | change)
    assert changed.status_code == 200, changed.text
    recorded = ["opened", "external_id_linked", "requester_changed", "details_changed", "categorised", "priority_changed"]
    assert facts(store, ticket) == recorded
    assert client.put(path, TICKET | change).json()["version"] == len(recorded)
    assert client.put(path, TICKET | {"channel": "phone"}).json()["type"] == "/problems/ticket-opened-otherwise"


def test_each_part_of_a_ticket_can_be_changed(client: Client, store: EventStore) -> None:
    ticket = opened(client)
    order = placed(client).rsplit("/", 1)[-1]
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    assert client.patch(ticket, {"title": None, "description": "Two of six"}).status_code == 200
    for path, body in {
        "category": {"category": "damage"},
        "priority": {"priority": "low"},
        "requester": {"customer_id": customer},
    }.items():
        assert client.put(f"{ticket}/{path}", body).status_code == 200
    done(client, f"{ticket}/links", {"about": {"kind": "order", "id": order}})
    done(client, f"{ticket}/tags", {"tags": ["vip"]})
    names = ["opened", "details_changed", "categorised", "priority_changed", "requester_changed", "linked", "tagged"]
    assert facts(store, ticket) == names


def test_everything_that_a_ticket_refers_to_must_exist(client: Client) -> None:
    nobody, ticket = str(uuid4()), opened(client)
    refused(client, "/v1/tickets", TICKET | {"customer_id": nobody}, "customer-unknown", 404)
    refused(client, "/v1/tickets", TICKET | {"parent_id": nobody}, "not-there", 404)
    refused(client, "/v1/tickets", TICKET | {"about": [{"kind": "order", "id": nobody}]}, "not-there", 404)
    refused(client, f"{ticket}/merge", {"into": nobody}, "not-there", 404)
    refused(client, f"{ticket}/merge", {"into": ticket.rsplit("/", 1)[-1]}, "own-relative", 422)


def test_a_ticket_is_merged_into_another_or_discarded(client: Client, store: EventStore) -> None:
    first, second, spam = opened(client), opened(client), opened(client)
    done(client, f"{first}/merge", {"into": second.rsplit("/", 1)[-1]})
    for author in ("agent", "customer"):
        refusal = client.post(f"{first}/replies", {"by": author, "body": "?"}).json()
        assert (refusal["type"], refusal["facts"]["merged_into"]) == ("/problems/ticket-closed", second.rsplit("/", 1)[-1])
    for path, body in (("solution", {}), ("escalation", {}), ("merge", {"into": spam.rsplit("/", 1)[-1]})):
        assert client.post(f"{first}/{path}", body).json()["facts"]["merged_into"] == second.rsplit("/", 1)[-1], path
    done(client, f"{spam}/discarding", {"reason": "spam"})
    done(client, f"{spam}/reopening")
    assert facts(store, spam) == ["opened", "discarded", "reopened"]


def test_the_page_on_statuses_has_every_command_on_a_ticket(client: Client) -> None:
    one = "/v1/tickets/{id}"
    paths = client.get("/openapi.json").json()["paths"].items()
    requests = {
        f"{method.upper()} {path.removeprefix(one)}"
        for path, methods in paths
        if path.startswith(one)
        for method in methods
        if method != "get"
    }
    assert {command.request for command in COMMANDS} == requests
