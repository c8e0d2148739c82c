"""Campaign members over HTTP: in lists, where each item succeeds or fails on its own, and one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from api.marketing.campaign_members import TOUCHES
from infra.event_store.store import EventStore
from infra.processes.parts import opened
from infra.settings import Settings
from infra.wiring import Deployment
from tests.api.client import Client
from tests.api.conftest import World, new_key, on_both_engines
from tests.api.customers.given_customers import ERASURE, seen
from tests.api.marketing.given_campaigns import customers, events, facts, planned, target, touched
from tests.api.sales.given_leads import captured
from tests.api.sales.given_orders import done, placed

URL = "https://example.com/tea?for=ada"


@pytest.fixture
def store(deployment: Deployment) -> EventStore:
    return deployment.store


@on_both_engines
def test_each_item_of_a_list_succeeds_or_fails_on_its_own(client: Client, store: EventStore) -> None:
    campaign, (ada, bob) = planned(client), customers(client, 2)
    stranger = str(uuid4())
    members = [
        {"customer_id": ada, "variant": "short"},
        {"customer_id": stranger},
        {"customer_id": ada, "variant": "control"},
        {"customer_id": bob, "variant": "tall", "occurred_at": "2026-03-01"},
        {"customer_id": bob, "variant": "tall", "occurred_at": "yesterday"},
    ]
    answer = client.post(f"{campaign}/members", {"members": members})
    items = answer.json()["items"]
    assert [item["item"] for item in items] == [1, 2, 3, 4, 5]
    assert [item["status"] for item in items] == [200, 404, 409, 200, 422]
    problems = ["customer-unknown", "member-targeted-otherwise", "malformed"]
    assert [items[at]["body"]["type"] for at in (1, 2, 4)] == [f"/problems/{problem}" for problem in problems]
    assert items[3]["body"]["version"] == 1
    assert answer.headers["Position"] == str(items[3]["body"]["position"])
    assert events(store, campaign, bob)[0].metadata.irregular == ("unknown-variant",)
    assert facts(store, campaign, ada) == ["targeted"]


def test_every_kind_of_touch_is_recorded_with_all_its_values(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    campaign, (ada,) = planned(client), customers(client, 1)
    target(client, campaign, ada)
    order = placed(client).rsplit("/", 1)[-1]
    about = {"customer_id": ada, "send_id": "s-1"}
    items = touched(
        client,
        campaign,
        {**about, "kind": "sent", "channel": "email", "touch_id": "t=="},
        {**about, "kind": "deferred"},
        {**about, "kind": "delivered"},
        {**about, "kind": "bounced", "bounce": "hard", "code": "5.1.1"},
        {**about, "kind": "opened", "machine": "true"},
        {**about, "kind": "clicked", "url": URL},
        {**about, "kind": "visited", "occurred_at": "2026-03-01T10:00Z"},
        {**about, "kind": "responded", "status": "interested"},
        {**about, "kind": "unsubscribed"},
        {**about, "kind": "marked_as_spam"},
        {"customer_id": ada, "kind": "converted", "order_id": order, "value": "9.9"},
    )
    assert {item["status"] for item in items} == {200}
    recorded = events(store, campaign, ada)
    assert facts(store, campaign, ada) == ["targeted", *TOUCHES]
    sent, bounced, clicked, converted = (recorded[at].event for at in (1, 4, 6, 11))
    assert (sent.channel, sent.touch_id, sent.send_id) == ("email", "t==", "s-1")  # type: ignore[attr-defined]
    assert (bounced.bounce, bounced.code) == ("hard", "5.1.1")  # type: ignore[attr-defined]
    assert clicked.url == URL  # type: ignore[attr-defined]
    assert (converted.conversion_id, converted.value, converted.currency) == (order, Decimal("9.90"), "EUR")  # type: ignore[attr-defined]
    assert recorded[4].metadata.irregular == ("bounce-after-delivery",)
    assert recorded[7].metadata.occurred_precision == "minute"


def test_a_touch_before_the_targeting_is_recorded_and_flagged(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    campaign, (ada,) = planned(client), customers(client, 1)
    assert touched(client, campaign, {"customer_id": ada, "kind": "visited"})[0]["status"] == 200
    target(client, campaign, ada)
    first, second = events(store, campaign, ada)
    assert (first.metadata.irregular, second.metadata.irregular) == (("before-targeting",), ())


def test_a_thousand_touches_are_recorded_in_one_request(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    campaign, (ada,) = planned(client), customers(client, 1)
    target(client, campaign, ada)
    touches = [{"customer_id": ada, "kind": "visited", "touch_id": f"t{number % 900}"} for number in range(1000)]
    items = touched(client, campaign, *touches)
    assert [item["status"] for item in items] == [200] * 1000
    assert len(facts(store, campaign, ada)) == 1 + 900


def test_a_list_with_an_idempotency_key_is_recorded_once(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    campaign, (ada, bob) = planned(client), customers(client, 2)
    body = {"touches": [{"customer_id": id, "kind": "visited"} for id in (ada, bob, str(uuid4()))]}
    first, again = (client.post(f"{campaign}/touches", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json()["items"][:2] == again.json()["items"][:2]
    assert [item["status"] for item in again.json()["items"]] == [200, 200, 404]
    other = {"touches": body["touches"][1:]}
    reused = client.post(f"{campaign}/touches", other, headers={"Idempotency-Key": "k"})
    assert [item["body"].get("type") for item in reused.json()["items"]] == ["/problems/key-reused"] * 2
    assert facts(store, campaign, ada) == facts(store, campaign, bob) == ["visited"]


def test_an_item_that_finds_the_queue_full_is_refused_and_can_be_retried(settings: Settings) -> None:
    narrow = settings.model_copy(update={"queue_limit": 5})
    with opened(narrow) as parts, parts.application() as app:
        client = Client(app, new_key(parts, "admin"))
        campaign, (ada,) = planned(client), customers(client, 1)
        left = [{"customer_id": ada, "kind": "visited", "touch_id": f"t{number}"} for number in range(30)]
        while left:
            items = touched(client, campaign, *left)
            assert items[0]["status"] == 200
            assert {item["body"]["type"] for item in items if item["status"] != 200} <= {"/problems/overloaded"}
            left = [touch for touch, item in zip(left, items, strict=True) if item["status"] == 503]
        assert facts(parts.deployment.store, campaign, ada) == ["visited"] * 30
        client.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "teleported"},
        {"kind": "sent", "url": URL},
        {"kind": "clicked", "url": "x" * 2001},
        {"kind": "opened", "machine": True},
        {},
    ],
)
def test_a_list_that_does_not_fit_the_schema_records_nothing_and_points_at_the_error(world: World, wrong: Any) -> None:
    client, store = world.client, world.parts.deployment.store
    campaign, (ada,) = planned(client), customers(client, 1)
    touches = [{"customer_id": ada, "kind": "visited"}, {"customer_id": ada, **wrong}]
    answer = client.post(f"{campaign}/touches", {"touches": touches})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/touches/1")
    assert facts(store, campaign, ada) == []


def test_an_empty_or_too_long_list_is_refused(world: World) -> None:
    client = world.client
    campaign = planned(client)
    for members in ([], [{"customer_id": str(uuid4())}] * 1001):
        assert client.post(f"{campaign}/members", {"members": members}).status_code == 422


def test_a_list_takes_no_expected_version(world: World) -> None:
    client = world.client
    body = {"members": [{"customer_id": str(uuid4())}]}
    answer = client.post(f"{planned(client)}/members", body, headers={"If-Match": '"1"'})
    assert answer.status_code == 400


def test_members_of_an_unknown_campaign_are_refused_one_by_one(world: World) -> None:
    client = world.client
    (ada,) = customers(client, 1)
    answer = client.post(f"/v1/campaigns/{uuid4()}/members", {"members": [{"customer_id": ada}]})
    assert [item["status"] for item in answer.json()["items"]] == [404]


def test_a_member_is_suppressed_and_removed_and_touches_and_conversions_are_taken_back(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    campaign, (ada,) = planned(client), customers(client, 1)
    target(client, campaign, ada)
    touched(client, campaign, {"customer_id": ada, "kind": "opened", "touch_id": "t/1"})
    touched(client, campaign, {"customer_id": ada, "kind": "converted", "conversion_id": "c-1", "value": "5"})
    member = f"{campaign}/members/{ada}"
    for path, body in (
        ("suppression", {"reason": "no_consent"}),
        ("touches/retraction", {"touch_id": "t/1", "reason": "wrong_person"}),
        ("conversions/reversal", {"conversion_id": "c-1"}),
        ("removal", None),
    ):
        answer = client.post(f"{member}/{path}", body)
        assert answer.status_code == 200, answer.text
    assert facts(store, campaign, ada)[3:] == ["suppressed", "touch_retracted", "conversion_reversed", "removed"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("touches/retraction", {"touch_id": "t-1"}),
        ("conversions/reversal", {"conversion_id": "c-1"}),
        ("removal", None),
    ],
)
def test_an_unknown_touch_conversion_or_member_is_not_taken_back(world: World, path: str, body: Any) -> None:
    client = world.client
    campaign, (ada,) = planned(client), customers(client, 1)
    assert client.post(f"{campaign}/members/{ada}/{path}", body).status_code == 404


def test_a_touch_of_an_erased_customer_is_refused(world: World) -> None:
    client = world.client
    campaign, (ada,) = planned(client), customers(client, 1)
    erased = client.post(f"/v1/customers/{ada}/erasure", {"reason": "requested", "requested_by": "customer"})
    assert erased.status_code in (200, 202), erased.text
    (item,) = touched(client, campaign, {"customer_id": ada, "kind": "visited"})
    assert (item["status"], item["body"]["type"]) == (409, "/problems/customer-erased")


def test_a_conversion_by_an_unknown_order_is_refused(world: World) -> None:
    client = world.client
    campaign, (ada,) = planned(client), customers(client, 1)
    (item,) = touched(client, campaign, {"customer_id": ada, "kind": "converted", "order_id": str(uuid4())})
    assert item["status"] == 404


# Leads


@on_both_engines
def test_a_lead_is_a_member_like_a_customer(client: Client) -> None:
    campaign, lead = planned(client), captured(client).rsplit("/", 1)[-1]
    (ada,) = customers(client, 1)
    body = {"members": [{"lead_id": lead, "variant": "short"}, {"customer_id": ada, "lead_id": lead}, {"variant": "short"}]}
    items = client.post(f"{campaign}/members", body).json()["items"]
    assert [item["status"] for item in items] == [200, 422, 422]
    about = {"lead_id": lead, "send_id": "s-1"}
    sale = {"lead_id": lead, "kind": "converted", "conversion_id": "c-1", "value": "5.00"}
    touched(client, campaign, {**about, "kind": "sent"}, {**about, "kind": "clicked", "url": URL, "touch_id": "t-1"}, sale)
    member = seen(client, f"{campaign}/leads/{lead}")
    assert (member["lead_id"], member["customer_id"], member["variant"], member["value"]) == (
        lead,
        None,
        "short",
        {"EUR": "5.00"},
    )
    assert [one["lead_id"] for one in seen(client, f"{campaign}/members", stage="clicked")["items"]] == [lead]
    [effect] = seen(client, "/v1/reports/campaign-effect", campaign_id=campaign.rsplit("/", 1)[-1])["groups"]
    assert [effect["measures"][stage]["value"] for stage in ("targeted", "clicked", "converted")] == ["1", "1", "1"]
    done(client, f"{campaign}/leads/{lead}/conversions/reversal", {"conversion_id": "c-1"})
    done(client, f"{campaign}/leads/{lead}/touches/retraction", {"touch_id": "t-1"})
    done(client, f"{campaign}/leads/{lead}/suppression", {"reason": "no_consent"})
    done(client, f"{campaign}/leads/{lead}/removal")
    assert [change["type"].split(".")[2] for change in seen(client, f"{campaign}/leads/{lead}/history")["items"]] == [
        *("targeted", "sent", "clicked", "converted"),
        *("conversion_reversed", "touch_retracted", "suppressed", "removed"),
    ]


def test_a_lead_of_a_customer_is_that_customer_unless_it_was_a_member_before(world: World) -> None:
    client, store = world.client, world.parts.deployment.store
    before, after = planned(client), planned(client, name="Summer")
    lead, (ada,) = captured(client).rsplit("/", 1)[-1], customers(client, 1)
    touched(client, before, {"lead_id": lead, "kind": "visited"})
    done(client, f"/v1/leads/{lead}/conversion", {"customer_id": ada})
    for campaign in (before, after):
        assert touched(client, campaign, {"lead_id": lead, "kind": "responded"})[0]["status"] == 200
    assert (facts(store, before, lead), facts(store, before, ada)) == (["visited", "responded"], [])
    assert (facts(store, after, lead), facts(store, after, ada)) == ([], ["responded"])


def test_a_lead_that_is_unknown_or_erased_is_refused(client: Client) -> None:
    campaign, lead = planned(client), captured(client).rsplit("/", 1)[-1]
    done(client, f"/v1/leads/{lead}/erasure", ERASURE)
    items = touched(client, campaign, *({"lead_id": id, "kind": "visited"} for id in (lead, str(uuid4()))))
    assert [(item["status"], item["body"]["type"]) for item in items] == [
        (409, "/problems/lead-erased"),
        (404, "/problems/not-there"),
    ]


@on_both_engines
def test_members_of_some_days_without_removed_ones_are_those_that_the_effect_of_these_days_counts(client: Client) -> None:
    campaign, (ada, bob, eve) = planned(client), customers(client, 3)
    for who, day in ((ada, "2026-03-01"), (bob, "2026-03-02"), (eve, "2026-03-02")):
        client.post(f"{campaign}/members", {"members": [{"customer_id": who, "variant": "short", "occurred_at": day}]})
    done(client, f"{campaign}/members/{eve}/removal")

    def found(**asked: str) -> list[str]:
        return [one["customer_id"] for one in seen(client, f"{campaign}/members", **asked)["items"]]

    days = {"started_from": "2026-03-02", "started_to": "2026-03-03"}
    assert found(stage="targeted", removed="false") == [ada, bob]
    assert found(stage="targeted", removed="false", **days) == [bob]
    assert found(removed="true") == [eve]
    asked = {"campaign_id": campaign.rsplit("/", 1)[-1], "from": "2026-03-02", "to": "2026-03-03"}
    [effect] = seen(client, "/v1/reports/campaign-effect", **asked)["groups"]
    assert [effect["measures"][name]["value"] for name in ("targeted", "removed")] == ["1", "1"]
