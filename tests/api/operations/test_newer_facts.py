"""Facts that a newer version recorded and this one does not know: nothing is decided on them, and everything else goes on."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection

from api.shared import concerned
from commands.shared.commit import Commit, NewEvent
from domain.shared.events import Actor, Context, Event
from domain.shared.ids import new_id
from infra.event_store.mapper import Mapper
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.read_models.completeness import Completeness
from infra.wiring import EVENTS, UPCASTERS
from tests.api.client import Client
from tests.api.conftest import SETTINGS, World
from tests.api.customers.given_customers import registered
from tests.api.marketing.given_campaigns import planned
from tests.api.sales.given_leads import captured
from tests.api.sales.given_orders import placed
from tests.waiting import wait_until


class Cloned(Event, frozen=True, tag="crm.customer.cloned.v1"):
    pass


class Reviewed(Event, frozen=True, tag="crm.feedback.reviewed.v1"):
    pass


class Suspended(Event, frozen=True, tag="crm.api_key.suspended.v1"):
    pass


def newer_fact(world: World, stream: UUID, event: Event) -> int:
    """A newer version records the event; returns its position."""
    store = world.parts.deployment.store
    vault = Vault(bytes.fromhex(str(SETTINGS["master_key"])))
    newer = EventStore(store._recorder, Mapper((*EVENTS, Cloned, Reviewed, Suspended), UPCASTERS), vault)
    [last] = newer.decode(newer.part(stream, version := newer.version(stream), version))
    context = Context(now=last.metadata.recorded_at, actor=Actor(type="system", id="newer"))
    new = NewEvent(stream, version + 1, event, context.metadata(last.metadata.subject, event, ()))
    return newer.commit(Commit(new_id(), [new], {})).positions[0]


def id_of(path: str) -> UUID:
    return UUID(path.rsplit("/", 1)[-1])


@pytest.fixture(scope="module")
def client(world: World) -> Client:
    return world.client


@pytest.fixture(scope="module")
def cloned(world: World, client: Client) -> str:
    """The path of a customer with a fact that this version does not know."""
    path = registered(client, name="Ada")
    newer_fact(world, id_of(path), Cloned())
    return path


def test_a_command_on_the_stream_is_refused_and_appends_nothing(world: World, client: Client, cloned: str) -> None:
    head = world.head()
    for answer in (client.patch(cloned, {"name": "Eve"}), client.post(f"{cloned}/archival"), client.delete(cloned)):
        assert answer.status_code in (409, 405)
    refused = client.patch(cloned, {"name": "Eve"}, headers={"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/unreadable-event")
    assert "crm.customer.cloned.v1, which this version of Recount does not know" in refused.json()["detail"]
    assert world.head() == head


def test_each_item_of_a_list_ends_on_its_own(client: Client, cloned: str) -> None:
    campaign, fine = planned(client), registered(client)
    members = [{"customer_id": str(id_of(path))} for path in (fine, cloned, registered(client))]
    answer = client.post(f"{campaign}/members", {"members": members})
    assert [one["status"] for one in answer.json()["items"]] == [200, 409, 200]
    assert answer.json()["items"][1]["body"]["type"] == "/problems/unreadable-event"


def test_its_history_shows_it_and_its_past_is_answered_up_to_it(client: Client, cloned: str) -> None:
    first, unknown = client.get(f"{cloned}/history").json()["items"]
    assert first["changes"]["name"]["after"] == "Ada"
    assert (unknown["type"], unknown["changes"]) == ("crm.customer.cloned.v1", None)
    assert unknown["faults"] == [{"field": "type", "reason": "unknown-type"}]
    assert client.get(f"{cloned}?version=1").json()["name"] == "Ada"
    assert client.get(f"{cloned}?version=2").json()["type"] == "/problems/unreadable-event"
    assert (
        client.get(f"/v1/events?stream={id_of(cloned)}&type=crm.customer.*").json()["items"][1]["faults"] == unknown["faults"]
    )


def test_no_read_model_claims_to_be_complete_about_it_and_the_others_are(world: World, client: Client, cloned: str) -> None:
    other = registered(client, name="Eve")
    head = world.head()
    assert client.get(f"{other}?after={head}").status_code == 200
    wait_until(lambda: client.get("/health/ready").json()["unreadable_events"] > 0, "health shows it")
    completeness = world.parts.completeness
    assert all(
        completeness.up_to(name["name"], id_of(cloned)) < head for name in client.get("/v1/status").json()["projections"]
    )
    assert completeness.up_to("customer_view", id_of(other)) >= head


def test_a_customer_is_complete_only_with_the_orders_that_were_linked_to_them(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.parts.deployment.settings, "after_timeout", 1.0)
    buyer, other = registered(client), registered(client)
    order = placed(client)
    linked = client.put(f"{order}/customer", {"customer_id": str(id_of(buyer))})
    assert linked.is_success, linked.text
    before = client.get(buyer, params={"after": world.head()})
    assert before.status_code == 200
    newer_fact(world, id_of(order), Cloned())
    head = world.head()
    assert client.get(other, params={"after": head}).status_code == 200
    waiting = client.get(buyer, params={"after": head})
    assert (waiting.status_code, waiting.json()["type"]) == (503, "/problems/not-yet")
    assert client.get(order, params={"after": head}).status_code == 503
    assert client.get(placed(client), params={"after": world.head()}).status_code == 200


def test_an_import_refuses_only_the_row_that_needs_it(world: World, client: Client) -> None:
    mapping = b'system = "newer"\noccurred_at = "{day}"\nids.customer = "{customer}"\n[[make]]\ncommand = "customer.register"\n'
    mapping += b'facts = { name = "{name}" }\n'

    def imported(rows: bytes) -> dict[str, object]:
        files = {"mapping": ("newer.toml", mapping), "file": ("rows.csv", rows)}
        job = client.request("POST", "/v1/imports", files=files).headers["Location"]
        wait_until(lambda: client.get(job).json()["state"] != "running", "the import has ended")
        ended: dict[str, object] = client.get(job).json()
        assert ended["state"] == "completed", ended
        return ended

    imported(b"customer,name,day\n1,Ada,2026-01-02\n")
    known = UUID(client.get("/v1/customers/by/newer/1", params={"after": world.head()}).json()["id"])
    newer_fact(world, known, Cloned())
    result = imported(b"customer,name,day\n1,Ada L.,2026-01-03\n2,Eve,2026-01-03\n")
    report = result["report"]
    assert isinstance(report, dict)
    assert (report["accepted"], [one["rule"] for one in report["refusals"]]) == (1, ["unreadable-event"])


def test_a_key_of_which_the_last_fact_is_unknown_is_not_valid(world: World, client: Client) -> None:
    issued = client.post("/v1/keys", {"label": "till", "roles": ["agent"]}).json()
    headers = {"Authorization": f"Bearer {issued['key']}"}
    assert client.get("/v1/customers", headers=headers).status_code == 200
    newer_fact(world, UUID(issued["id"]), Suspended())
    wait_until(lambda: client.get("/v1/customers", headers=headers).status_code == 401, "the key is not valid any more")


def test_two_hundred_subjects_may_wait_in_each_read_model(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.parts.deployment.settings, "after_timeout", 1.0)
    monkeypatch.setattr(concerned, "MOST_WAITING", 20)
    other, waiting = registered(client), [registered(client) for _ in range(10)]
    for path in waiting:
        newer_fact(world, id_of(path), Cloned())
    head = world.head()
    assert client.get(other, params={"after": head}).status_code == 200
    monkeypatch.setattr(concerned, "MOST_WAITING", 5)
    assert client.get(other, params={"after": head}).status_code == 503


def test_a_service_level_is_complete_only_with_the_facts_of_the_tickets_subject(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those of its customer, also in the distributed deployment, where the ticket's own id has another partition."""
    asked: list[object] = []
    customer = id_of(registered(client))
    ticket = client.post("/v1/tickets", {"opened_by": "customer", "customer_id": str(customer)}).headers["Location"]
    seen_by = Completeness.seen_by

    def noting(one: Completeness, connection: Connection, projection: str, subject: UUID | None = None) -> int:
        asked.append((projection, subject))
        return seen_by(one, connection, projection, subject)

    monkeypatch.setattr(Completeness, "seen_by", noting)
    assert client.get(f"{ticket}/service-level").status_code in (200, 404)
    assert ("ticket_times", customer) in asked


def test_a_customer_is_complete_only_with_feedback_of_nobody_that_may_be_about_a_lead_of_theirs(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This is the last test, because waiting feedback of nobody holds back the answers about all customers."""
    monkeypatch.setattr(world.parts.deployment.settings, "after_timeout", 0.5)
    lead, customer = captured(client), registered(client)
    body = {"kind": "csat", "score": 4, "about": [{"kind": "lead", "id": str(id_of(lead))}]}
    feedback = client.post("/v1/feedback", body).headers["Location"]
    assert client.post(f"{lead}/conversion", {"customer_id": str(id_of(customer))}).is_success
    shown = client.get(customer, params={"after": world.head()})
    assert shown.json()["last_feedback"]["score"] == 4
    newer_fact(world, id_of(feedback), Reviewed())
    assert client.get(customer, params={"after": world.head()}).status_code == 503
