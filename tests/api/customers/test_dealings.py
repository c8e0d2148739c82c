"""Everything of a customer as of any moment, and the ticks of their timeline."""

from __future__ import annotations

from typing import Any

import pytest

from api.customers import dealings as route
from api.shared.access import ROLES
from projections.customers import timeline_ticks
from tests.api.client import Client
from tests.api.conftest import World, on_both_engines
from tests.api.customers.given_customers import ERASURE, head, registered, seen
from tests.api.given_personal import MARK, things_of_a_person
from tests.api.sales.given_leads import captured
from tests.api.sales.given_orders import ORDER, done, placed
from tests.api.segmentation.given_segments import send

LISTS = {"tasks": "about_id"} | dict.fromkeys(
    ("orders", "tickets", "deals", "leads", "interactions", "feedback"), "customer_id"
)


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def dealings(client: Client, customer: str, **question: Any) -> dict[str, Any]:
    return seen(client, f"{customer}/dealings", **question)


def shown_now(client: Client, customer: str) -> dict[str, Any]:
    """The customer and their things, as the single customer and the lists show them."""
    things = {name: seen(client, f"/v1/{name}", **{where: id_of(customer)}) for name, where in LISTS.items()}
    return {"customer": seen(client, customer)} | {
        name: {"items": page["items"], "more": page["next"] is not None} for name, page in things.items()
    }


def parts(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in ("customer", *LISTS)}


@on_both_engines
def test_without_a_moment_they_are_what_the_customer_and_the_lists_show(client: Client) -> None:
    customer = f"/v1/customers/{things_of_a_person(client)['customers']}"
    lead = captured(client)
    call = {"lead_id": id_of(lead), "channel": "phone", "direction": "inbound", "title": "Hello"}
    send(client, "POST", "/v1/interactions", call)
    send(client, "POST", f"{lead}/conversion", {"customer_id": id_of(customer)})
    send(client, "POST", "/v1/tasks", {"title": "Call", "about": {"kind": "customer", "id": id_of(customer)}})
    now = shown_now(client, customer)
    assert all(now[name]["items"] for name in LISTS)
    found = dealings(client, customer)
    assert parts(found) == now
    assert (found["as_of"], found["effective_at"]) == (None, None)


@on_both_engines
def test_at_a_position_they_are_what_they_were_then(client: Client) -> None:
    for size in (1, 9):
        registered(client, attributes={"size": size})
    send(client, "POST", "/v1/segment-models", {"name": "by-size", "features": ["attribute:size", "orders"], "k": 2})
    ada, bob = registered(client, attributes={"size": 1}), registered(client, name="Bob", attributes={"size": 2})
    guest = placed(client, occurred_at="2024-03-01T09:00:00Z")
    placed(client, customer_id=id_of(bob), occurred_at="2024-04-01T09:00:00Z")
    moments = []

    def remember() -> None:
        moments.append((head(client), dealings(client, ada), dealings(client, bob)))

    remember()
    send(client, "PUT", f"{guest}/customer", {"customer_id": id_of(ada)})
    remember()
    done(client, f"{bob}/merge", {"into": id_of(ada)})
    remember()
    done(client, f"{guest}/confirmation")
    send(client, "POST", "/v1/segment-models/by-size/retirement")
    remember()
    done(client, f"{bob}/unmerge")
    assert [len(of_ada["orders"]["items"]) for _, of_ada, _ in moments] == [0, 1, 2, 2]
    assert [set(of_ada["customer"]["segments"]) for _, of_ada, _ in moments] == [{"by-size"}] * 3 + [set()]
    for position, *then in moments:
        for customer, whole in zip((ada, bob), then, strict=True):
            assert _timeless(dealings(client, customer, as_of=position)) == _timeless(whole)
            assert dealings(client, customer, as_of=position)["as_of"] == position


def _timeless(answer: dict[str, Any]) -> dict[str, Any]:
    """Without the moment that was asked for, and without what depends on the clock."""
    customer = answer["customer"]
    money = {currency: sums | {"days_since_last_order": None} for currency, sums in customer["money"].items()}
    return answer | {"as_of": None, "customer": customer | {"money": money}}


@on_both_engines
def test_at_a_moment_at_which_things_happened_they_are_what_had_happened(client: Client) -> None:
    customer = registered(client, occurred_at="1997-01-18T10:00:00Z")
    for day in ("1997-01-18", "1997-08-02", "1997-12-12"):
        placed(client, customer_id=id_of(customer), occurred_at=day)

    def known(moment: str, **more: Any) -> tuple[int, Any, Any]:
        then = dealings(client, customer, effective_at=moment, **more)
        money = then["customer"]["money"].get("EUR", {})
        return len(then["orders"]["items"]), money.get("gross"), money.get("days_since_last_order")

    assert known("1997-01-18T10:00:00Z") == (1, "30.00", 0)
    assert known("1997-08-09T00:00:00Z") == (2, "60.00", 7)
    assert known("1997-12-13T00:00:00Z") == (3, "90.00", 1)
    assert known("1997-12-13T00:00:00Z", as_of=head(client) - 1) == (2, "60.00", 133)
    answer = client.get(f"{customer}/dealings", params={"effective_at": "1990-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-there")
    assert "begins at 1997-01-18T10:00:00Z" in answer.json()["detail"]


def test_what_a_customer_had_before_their_own_record_begins_is_shown_without_them(client: Client) -> None:
    customer = registered(client, occurred_at="2010-01-01T00:00:00Z")
    placed(client, customer_id=id_of(customer), occurred_at="2005-01-01T00:00:00Z")
    then = dealings(client, customer, effective_at="2006-01-01T00:00:00Z")
    assert (then["customer"], then["begins_at"]) == (None, "2010-01-01T00:00:00Z")
    assert (len(then["orders"]["items"]), then["segments"]) == (1, {"by_models": [], "by_rule": None})


def test_nobody_has_no_dealings(client: Client) -> None:
    order = placed(client)
    for id in (id_of(order), "0" * 8 + "-0000-4000-8000-" + "0" * 12):
        answer = client.get(f"/v1/customers/{id}/dealings")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-there")
    customer = registered(client)
    assert client.get(f"{customer}/dealings", params={"as_of": head(client) - 1}).status_code == 404


def test_segments_are_those_of_the_models_known_by_then_for_what_had_happened_by_then(client: Client) -> None:
    ada, bob = registered(client, occurred_at="1997-01-01"), registered(client, name="Bob", occurred_at="1997-01-01")
    for day in ("1997-02-01", "1998-02-01"):
        placed(client, customer_id=id_of(ada), occurred_at=day)
    placed(client, customer_id=id_of(bob), occurred_at="1997-02-01")
    unlabelled = head(client)
    send(client, "POST", "/v1/segment-models", {"name": "loyalty", "features": ["orders", "days_since_last"], "k": 2})
    again = {"op": "compare", "feature": "orders", "is": ">=", "value": 2}
    send(client, "POST", "/v1/segment-rules", {"name": "again", "rule": again, "priority": 1})

    def labels(customer: str, **question: Any) -> tuple[Any, Any, Any]:
        then = dealings(client, customer, **question)
        [label] = then["segments"]["by_models"]
        assert then["customer"]["segments"] == {"loyalty": label["label"]}
        return label["features"]["orders"], label["as_of"], (then["segments"]["by_rule"] or {}).get("label")

    assert labels(ada, effective_at="1997-02-11T00:00:00Z") == (1.0, "1997-02-11", None)
    assert labels(ada, effective_at="1998-02-11T00:00:00Z") == (2.0, "1998-02-11", "again")
    now = seen(client, f"{ada}/segment")
    then = dealings(client, ada)["segments"]
    assert [label["features"] for label in then["by_models"]] == [label["features"] for label in now["labels"]]
    assert (then["by_rule"]["label"], then["by_rule"]["facts"]) == (now["rule"]["label"], now["rule"]["facts"])
    assert dealings(client, ada, as_of=unlabelled)["segments"] == {"by_models": [], "by_rule": None}
    assert dealings(client, ada, as_of=unlabelled)["customer"]["segments"] == {}


def test_a_bounded_number_of_things_is_shown_and_more_says_that_there_are_further_ones(client: Client) -> None:
    customer = registered(client)
    numbers = [f"A-{number}" for number in range(3)]
    for number in numbers:
        placed(client, customer_id=id_of(customer), number=number)
    few, all = dealings(client, customer, limit=2), dealings(client, customer, limit=3)
    assert ([order["number"] for order in few["orders"]["items"]], few["orders"]["more"]) == (["A-2", "A-1"], True)
    assert (len(all["orders"]["items"]), all["orders"]["more"]) == (3, False)
    assert few["customer"]["money"]["EUR"]["orders"] == 3
    assert client.get(f"{customer}/dealings", params={"limit": 201}).status_code == 422


def test_a_limited_number_of_events_is_folded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = registered(client)
    first = head(client)
    done(client, f"{placed(client, customer_id=id_of(customer))}/confirmation")
    seen(client, customer)
    monkeypatch.setattr(route, "FOLDED", 2)
    answer = client.get(f"{customer}/dealings")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/too-many-events")
    assert dealings(client, customer, as_of=first + 1)["orders"]["items"]


def test_an_erased_customer_shows_at_every_moment_only_what_stays(client: Client) -> None:
    ids = things_of_a_person(client)
    customer = f"/v1/customers/{ids['customers']}"
    before = head(client)
    done(client, f"{customer}/erasure", ERASURE)
    for question in ({}, {"as_of": before}):
        answer = client.get(f"{customer}/dealings", params=question | {"after": head(client)})
        assert MARK not in answer.text
        assert answer.json()["orders"]["items"]
    assert dealings(client, customer)["customer"]["erased_at"] is not None


def test_a_relation_makes_nobody_elses_dealings_theirs(client: Client) -> None:
    ada, firm = registered(client), registered(client, kind="organisation", name="Engines Ltd")
    send(client, "POST", f"{ada}/relations", {"other": id_of(firm), "role": "employee"})
    placed(client, customer_id=id_of(firm))
    placed(client, customer_id=id_of(ada), number="A-1")
    assert [order["number"] for order in dealings(client, ada)["orders"]["items"]] == ["A-1"]
    assert parts(dealings(client, firm)) == shown_now(client, firm)


def test_a_key_sees_only_the_kinds_of_things_that_it_may_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = registered(world.client)
    send(world.client, "POST", "/v1/orders", ORDER | {"customer_id": id_of(customer)})
    few = ROLES["analyst"] - {"orders:read", "segments:read"}
    monkeypatch.setitem(ROLES, "analyst", few)
    found = world.client.get(f"{customer}/dealings", headers=world.key("analyst"), params={"after": world.head()}).json()
    assert (found["orders"], found["segments"], found["tickets"]) == (None, None, {"items": [], "more": False})
    assert "name" not in found["customer"]


@on_both_engines
def test_ticks_are_when_things_were_recorded_and_when_they_happened(client: Client) -> None:
    customer = registered(client, occurred_at="1997-01-18T10:00:00Z")
    for day in ("1998-02-01", "1997-08-02", "1998-02-01"):
        placed(client, customer_id=id_of(customer), occurred_at=day)
    ticks, items = seen(client, f"{customer}/timeline/ticks"), seen(client, f"{customer}/timeline")["items"]
    assert ticks["occurred"] == [
        {"at": "1997-01-18T10:00:00Z", "events": 1},
        {"at": "1997-08-02T00:00:00Z", "events": 1},
        {"at": "1998-02-01T00:00:00Z", "events": 2},
    ]
    assert sum(tick["events"] for tick in ticks["recorded"]) == ticks["events"] == 4
    assert {tick["position"] for tick in ticks["recorded"]} <= {item["position"] for item in items}
    for tick in ticks["recorded"]:
        assert len(seen(client, f"{customer}/timeline", as_of=tick["position"])["items"]) == len(
            [item for item in items if item["recorded_at"] <= tick["at"]]
        )
    assert seen(client, f"{customer}/timeline/ticks", effective_at="1997-12-01T00:00:00Z")["events"] == 2


def test_many_moments_are_few_ticks_and_the_last_one_is_among_them(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = registered(client, occurred_at="1997-01-01T00:00:00Z")
    for day in range(2, 12):
        placed(client, customer_id=id_of(customer), occurred_at=f"1997-01-{day:02}T00:00:00Z")
    monkeypatch.setattr(timeline_ticks, "TICKS", 4)
    occurred = seen(client, f"{customer}/timeline/ticks")["occurred"]
    assert [(tick["at"][8:10], tick["events"]) for tick in occurred] == [("03", 3), ("06", 3), ("09", 3), ("11", 2)]
