"""One event with what it changed, what was recorded with it, what caused it, and what it caused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.shared.access import ROLES
from commands.customers import customers
from commands.shared.batch import Command
from commands.shared.executor import Executor
from consumers.policies import policies
from consumers.policies.runner import Policies
from domain.shared.events import Actor, Context
from domain.shared.ids import derived_id, new_id
from infra.event_store import lineage
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import KeyFor, World, on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered
from tests.api.marketing.given_campaigns import planned, target, touched
from tests.api.operations.test_uploads import MAPPING
from tests.api.sales.given_leads import captured
from tests.api.sales.given_orders import confirmed, done, placed
from tests.waiting import PATIENCE, wait_until

HARD = {"kind": "bounced", "send_id": "s", "bounce": "hard"}


def logged(client: Client, **question: Any) -> list[dict[str, Any]]:
    return list(client.get("/v1/events", params={"limit": 500} | question).json()["items"])


def in_full(client: Client, position: int, **more: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/events/{position}", **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def facts(related: dict[str, Any]) -> list[str]:
    return [entry["type"].split(".", 1)[1] for entry in related["items"]]


def positions(related: dict[str, Any]) -> list[int]:
    return [entry["position"] for entry in related["items"]]


@pytest.fixture
def followed(parts: Parts) -> Iterator[Policies]:
    """The policies of a deployment, which follow its log when the test says so."""
    deployment = parts.deployment
    executor = deployment.executor()
    runner = Policies(policies(deployment.store), executor, deployment.store, deployment.read_models)
    runner.begin()
    yield runner
    executor.close()


# The event itself


def test_an_event_is_shown_as_in_the_log_and_none_is_beyond_its_end(client: Client) -> None:
    registered(client)
    (event,) = logged(client, type="crm.customer.*")
    answer = client.get(f"/v1/events/{event['position']}")
    assert {name: answer.json()[name] for name in event} == event
    assert answer.headers["Position"] == str(head(client))
    assert client.get(f"/v1/events/{event['position'] + 1}").status_code == 404


@on_both_engines
def test_an_event_shows_the_thing_before_and_after_it_as_its_history_does(client: Client) -> None:
    order = confirmed(client)
    done(client, f"{order}/payments", {"amount": "30.00"})
    history = client.get(f"{order}/history").json()["items"]
    assert len(history) == 3
    for event in history:
        shown = in_full(client, event["position"])
        assert shown["changes"] == event["changes"]
        assert shown["resource"] == order
        before, after = (client.get(f"{order}?version={event['version'] + step}") for step in (-1, 0))
        assert shown["before"] == (before.json() if event["version"] > 1 else None)
        assert shown["after"] == after.json()


def test_an_event_has_a_sentence(client: Client) -> None:
    registered(client)
    shown = in_full(client, head(client))
    assert shown["sentence"] == {"en": "Customer registered: kind person", "zh": "客户已登记：类型 person"}


def test_a_thing_without_a_history_has_no_changes(client: Client) -> None:
    (event,) = logged(client, type="crm.api_key.*", limit=1)
    shown = in_full(client, event["position"])
    assert (shown["before"], shown["after"], shown["changes"], shown["resource"]) == (None, None, None, None)


def test_a_member_of_a_campaign_is_shown_as_its_history_shows_it(client: Client) -> None:
    customer, campaign = id_of(registered(client)), planned(client)
    target(client, campaign, customer)
    (event,) = logged(client, type="crm.campaign_member.*")
    history = client.get(f"{campaign}/members/{customer}/history").json()["items"]
    assert in_full(client, event["position"])["changes"] == history[0]["changes"] != {}


def test_a_caller_who_may_not_read_the_thing_does_not_see_it(
    client: Client, key_for: KeyFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed(client)
    monkeypatch.setitem(ROLES, "operator", frozenset({"events:read"}))
    shown = in_full(client, head(client), headers=key_for("operator"))
    assert (shown["type"], shown["changes"], shown["after"]) == ("crm.order.placed.v1", None, None)


def test_a_caller_without_personal_data_sees_none_of_it(
    client: Client, key_for: KeyFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = registered(client, name="Zwetschge")
    position = head(client)
    client.patch(customer, {"name": "Mirabelle"})
    monkeypatch.setitem(ROLES, "analyst", ROLES["analyst"] | {"events:read"})
    for at in (position, position + 1):
        answer = client.get(f"/v1/events/{at}", headers=key_for("analyst"))
        assert answer.json()["changes"] is not None
        assert not {"Zwetschge", "Mirabelle", "Ada@Example.com"} & set(answer.text.replace('"', " ").split())
        assert "ada@example.com" not in answer.text.lower()


def test_an_erased_person_stays_erased(client: Client) -> None:
    customer = registered(client, name="Zwetschge")
    position = head(client)
    assert "Zwetschge" in client.get(f"/v1/events/{position}").text
    client.post(f"{customer}/erasure", ERASURE)
    for event in logged(client, stream=id_of(customer)):
        answer = client.get(f"/v1/events/{event['position']}")
        assert answer.status_code == 200
        assert "Zwetschge" not in answer.text
        assert "ada@example.com" not in answer.text.lower()


# What belongs together


@on_both_engines
def test_events_of_one_command_name_each_other_and_no_other_event(client: Client) -> None:
    registered(client)
    first = head(client) + 1
    lead = captured(client)
    customer = id_of(registered(client))
    done(client, f"{lead}/conversion", {"customer_id": customer})
    last = head(client)
    placed(client)
    events = logged(client, cursor=first - 1, upto=last)
    by_command: dict[str, list[int]] = {}
    for event in events:
        by_command.setdefault(event["metadata"]["command_id"], []).append(event["position"])
    for event in events:
        shown = in_full(client, event["position"])["recorded_together"]
        own = by_command[event["metadata"]["command_id"]]
        assert (positions(shown), shown["more"]) == ([position for position in own if position != event["position"]], False)


def test_events_of_a_large_command_and_many_effects_are_bounded(
    client: Client, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "MOST", 10)
    cause, effect = new_id(), new_id()
    first = _recorded(executor, cause, None)
    last = [_recorded(executor, effect, cause) for _ in range(12)][-1]
    shown = in_full(client, first)["effects"]
    assert (len(shown["items"]), shown["more"]) == (10, True)
    shown = in_full(client, last)["recorded_together"]
    assert (len(shown["items"]), shown["more"]) == (10, True)


@on_both_engines
def test_a_policys_event_names_its_cause_and_the_cause_names_its_effect(client: Client, followed: Policies) -> None:
    customer = client.post("/v1/customers", {"name": "Ada", "contact_methods": [{"kind": "email", "value": "a@example.com"}]})
    method = client.get(customer.headers["Location"], params={"after": customer.json()["position"]}).json()
    (mail,) = method["contact_methods"]
    campaign = planned(client)
    client.post(f"{campaign}/launch", None)
    target(client, campaign, customer.json()["id"])
    touched(client, campaign, HARD | {"customer_id": customer.json()["id"], "method_id": mail["method_id"]})
    bounced = head(client)
    placed(client)
    followed.follow()
    effect = head(client)
    shown, caused = in_full(client, bounced), in_full(client, effect)
    assert facts(shown["effects"]) == ["customer.contact_method_undeliverable.v1"]
    assert positions(caused["causes"])[0] == bounced
    assert (caused["causes"]["missing"], caused["causes"]["more"], shown["causes"]["items"]) == (None, False, [])
    [entry] = shown["effects"]["items"]
    assert (entry["position"], entry["link"], entry["distance"]) == (effect, f"/v1/events/{effect}", 1)
    assert entry["actor"] == {"type": "policy", "id": "deliverability"}
    assert entry["sentence"]["en"] == "Customer contact method undeliverable: bounce hard"
    assert entry["subject"] == customer.json()["id"]


def _recorded(executor: Executor, command: UUID | None, cause: UUID | None, correlation: UUID | None = None) -> int:
    """The position of a customer's registration by a command with this id and cause."""
    actor = Actor(type="policy", id="p")
    context = Context(now=datetime.now(UTC), actor=actor, command_id=command, causation_id=cause, correlation_id=correlation)
    one = Command(customers.register, {"customer_id": new_id(), "name": "Ada"}, context)
    outcome = executor.submit(one).result(timeout=PATIENCE)
    assert outcome.refusal is None
    return outcome.position


@on_both_engines
def test_a_chain_of_causes_is_followed_in_both_directions(client: Client, executor: Executor) -> None:
    """The first command has a request's id, and no subject in common with its effect; the others have ids of policies."""
    commands = [new_id(), *(derived_id("policy", "p", str(number)) for number in range(3))]
    chain: list[int] = []
    for command, cause in zip(commands, [None, *commands], strict=False):
        chain.append(_recorded(executor, command, cause, None if cause is None else commands[0]))
        registered(client)
    for place, position in enumerate(chain):
        shown = in_full(client, position)
        assert positions(shown["causes"]) == chain[:place][::-1]
        assert positions(shown["effects"]) == chain[place + 1 :]
        assert [entry["distance"] for entry in shown["effects"]["items"]] == list(range(1, len(chain) - place))
        assert (shown["causes"]["more"], shown["effects"]["more"]) == (False, False)


def test_a_chain_that_is_longer_than_the_bound_says_so(
    client: Client, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "LEVELS", 3)
    commands = [new_id() for _ in range(6)]
    chain = [_recorded(executor, command, cause) for command, cause in zip(commands, [None, *commands], strict=False)]
    first, last = in_full(client, chain[0]), in_full(client, chain[-1])
    assert (positions(first["effects"]), first["effects"]["more"]) == (chain[1:4], True)
    assert (positions(last["causes"]), last["causes"]["more"]) == (chain[-2:-5:-1], True)


@pytest.mark.parametrize("cause", [uuid4(), new_id(), UUID("ffffffff-ffff-7fff-bfff-ffffffffffff"), UUID(int=7 << 76)])
def test_a_cause_that_the_log_does_not_have_is_named(world: World, cause: UUID) -> None:
    position = _recorded(world.parts.executor, new_id(), cause)
    assert in_full(world.client, position)["causes"] == {"items": [], "more": False, "missing": str(cause)}


def test_what_an_import_recorded_comes_from_its_start(world: World) -> None:
    rows = b"customer,name,day\n1,Ada,2026-01-02\n2,Bob,2026-01-02\n"
    files = {"mapping": ("shop.toml", MAPPING), "file": ("rows.csv", rows)}
    begun = world.client.request("POST", "/v1/imports", files=files, headers=world.admin)
    path = begun.headers["Location"]
    wait_until(lambda: world.client.get(path).json()["state"] != "running", "the import ended")
    start, *_ = logged(world.client, type="crm.import.started.v2", stream=id_of(path))
    shown = in_full(world.client, start["position"])
    assert facts(shown["effects"])[:1] == ["customer.registered.v2"]
    customers = logged(world.client, correlation=id_of(path), type="crm.customer.registered.v2")
    assert len(customers) == 2
    for one in customers:
        assert one["position"] in positions(shown["effects"])
        assert positions(in_full(world.client, one["position"])["causes"]) == [start["position"]]
