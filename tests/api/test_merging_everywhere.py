"""Merged customers are one customer in every answer, and unmerging restores every earlier answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count
from typing import Any, NamedTuple

import pytest
from httpx import URL

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, registered
from tests.api.figures import value, values
from tests.api.sales.given_leads import captured, opened
from tests.api.sales.given_orders import ORDER, done
from tests.api.segmentation.given_segments import send

# A merge adds events to the history, the customer's own stream, and ticks to the timeline. The reports measure times until now,
# and not customers.
LEFT_OUT = {
    "/v1/customers/{id}/history",
    "/v1/customers/{id}/timeline/ticks",
    "/v1/reports/service",
    "/v1/reports/ticket-backlog",
    "/v1/reports/ticket-times",
    "/v1/reports/waiting-times",
}
LISTS = ("orders", "tickets", "interactions", "feedback", "touchpoints", "deals", "leads")
WHERE = {"tasks": "about_id"} | dict.fromkeys(LISTS, "customer_id")
CUSTOMERS = ("", "sort=name", "tag=vip", "owner=kim", "merged=true", "q=bob", "q=ada@", "archived=false", "fields=id,consents")
REPEAT_BUYERS = {"op": "compare", "feature": "orders", "is": ">=", "value": 2}
DAYS = count(1)


class Shop(NamedTuple):
    """Two customers to merge, a third one, a lead that was converted to the second, and more paths to compare."""

    ada: str
    bob: str
    cyd: str
    paths: tuple[str, ...]

    @property
    def merging(self) -> tuple[str, str]:
        return self.ada, self.bob

    @property
    def people(self) -> tuple[str, str, str]:
        return self.ada, self.bob, self.cyd


@pytest.fixture
def shop(client: Client) -> Shop:
    sizes = {"Ada": 1, "Bob": 1, "Cyd": 9}
    ada, bob, cyd = (_id(registered(client, name=name, attributes={"size": size})) for name, size in sizes.items())
    for path, body in (("tags", {"tags": ["vip"]}), ("consents", {"purpose": "news", "channel": "email"})):
        send(client, "POST", f"/v1/customers/{bob}/{path}", body)
    send(client, "PUT", f"/v1/customers/{bob}/assignment", {"owner": "kim"})
    lead = _id(captured(client))
    _contacts(client, {"lead_id": lead}, {"about": [{"kind": "lead", "id": lead}]})
    for number, id in enumerate((ada, bob, cyd)):
        order = ORDER | {"customer_id": id, "occurred_at": f"2024-0{3 + number}-10T09:00:00Z"}
        send(client, "POST", "/v1/orders", order)
        _contacts(client, {"customer_id": id}, {"customer_id": id})
        send(client, "POST", "/v1/tickets", {"customer_id": id, "opened_by": "customer", "title": "Broken"})
        send(client, "POST", "/v1/tasks", {"title": "Call", "about": {"kind": "customer", "id": id}})
        opened(client, id)
    send(client, "POST", f"/v1/leads/{lead}/conversion", {"customer_id": bob})
    model = {"name": "baseline", "features": ["attribute:size", "orders"], "k": 2}
    send(client, "POST", "/v1/segment-models", model)
    rule = send(client, "POST", "/v1/segment-rules", {"name": "again", "rule": REPEAT_BUYERS, "priority": 1})
    invited = send(client, "POST", "/v1/lists", {"name": "Invited"}).headers["Location"]
    send(client, "POST", f"{invited}/members", {"customer_ids": [ada, bob]})
    more = (f"{rule.headers['Location']}/customers", invited, f"{invited}/members")
    return Shop(ada, bob, cyd, (*more, "/v1/lists", "/v1/segment-labels", "/v1/customers/duplicates"))


def _contacts(client: Client, subject: dict[str, Any], author: dict[str, Any]) -> None:
    at = {"occurred_at": f"2024-01-{next(DAYS):02}T09:00:00Z"}
    call = {"channel": "phone", "direction": "inbound", "title": "Hello"}
    send(client, "POST", "/v1/interactions", subject | call | at)
    send(client, "POST", "/v1/touchpoints", subject | {"channel": "web", "kind": "click"} | at)
    send(client, "POST", "/v1/feedback", author | {"kind": "praise"} | at)


def _id(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def everything(client: Client, paths: Collection[str]) -> dict[str, Any]:
    """The answers without versions, positions and the events of merging."""
    known = {"after": head(client)}
    return {path: _plain(client.get(str(URL(path).copy_merge_params(known))).json()) for path in paths}


def asked(client: Client, path: str) -> Any:
    """The answer when it is complete up to the last event."""
    answer = client.get(str(URL(path).copy_merge_params({"after": head(client)})))
    assert answer.status_code == 200, answer.text
    return answer.json()


def _paths(client: Client, shop: Shop) -> Iterator[str]:
    """The paths of every answer about the two merged customers, and of every report."""
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        required = [parameter for parameter in operations.get("get", {}).get("parameters", ()) if parameter.get("required")]
        if "get" not in operations or path in LEFT_OUT:
            continue
        if path.startswith("/v1/customers/{id}") and path.count("{") == 1:
            yield from (path.replace("{id}", id) for id in shop.merging)
        elif path.startswith("/v1/reports/") and not required:
            yield path
    yield from (f"/v1/{name}?{where}={id}" for name, where in WHERE.items() for id in shop.merging)
    yield from (f"/v1/customers?{asked}" for asked in CUSTOMERS)
    yield from ("/v1/reports/segments?rules=true", *shop.paths, *_past(shop))


def _past(shop: Shop) -> Iterator[str]:
    """Past versions, which show only the resource's own fields."""
    yield from (f"/v1/customers/{id}?version=1" for id in shop.merging)
    yield f"{shop.paths[1]}?version=2"


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_plain(one) for one in answer if not (isinstance(one, dict) and _is_about_merging(one))]
    if isinstance(answer, dict):
        return {name: _plain(value) for name, value in answer.items() if not _is_place(name, value)}
    return answer


def _is_place(name: str, value: Any) -> bool:
    """A version or a position; a report on flows ends `to` one."""
    return name in ("version", "position") or (name == "to" and isinstance(value, int))


def _is_about_merging(row: dict[str, Any]) -> bool:
    return str(row.get("type")).startswith(("crm.customer.merged", "crm.customer.unmerged"))


def ids(answer: Any) -> set[str]:
    return {item["id"] for item in answer["items"]}


@on_both_engines
def test_unmerging_restores_every_earlier_answer(client: Client, shop: Shop) -> None:
    paths = tuple(_paths(client, shop))
    before = everything(client, paths)
    done(client, f"/v1/customers/{shop.bob}/merge", {"into": shop.ada})
    merged = everything(client, paths)
    for name, where in WHERE.items():
        ada, bob = (before[f"/v1/{name}?{where}={id}"] for id in (shop.ada, shop.bob))
        assert ids(merged[f"/v1/{name}?{where}={shop.ada}"]) == ids(ada) | ids(bob) != ids(ada), name
    assert [merged[path] for path in _past(shop)] == [before[path] for path in _past(shop)]
    done(client, f"/v1/customers/{shop.bob}/unmerge")
    after = everything(client, paths)
    assert {path for path in before if after[path] != before[path]} == set()


def test_a_merge_of_merged_customers_is_one_customer_in_every_answer(client: Client, shop: Shop) -> None:
    done(client, f"/v1/customers/{shop.ada}/merge", {"into": shop.bob})
    done(client, f"/v1/customers/{shop.bob}/merge", {"into": shop.cyd})
    new, again = asked(client, "/v1/reports/buyers?by=channel")["groups"]
    assert values(new, "customers", "orders") + values(again, "customers", "orders") == (1, 1, 1, 2)
    cohorts = asked(client, "/v1/reports/cohorts")["groups"]
    assert [(group["group"]["cohort"], group["group"]["months_since"], value(group, "size")) for group in cohorts] == [
        ("2024-03-01", since, 1) for since in range(3)
    ]
    channels = asked(client, "/v1/reports/channel-effect")["groups"]
    [channel] = [group for group in channels if group["group"]["channel"] == "web"]
    assert values(channel, "customers", "new_customers", "orders") == (1, 1, 3)
    assert len(asked(client, f"/v1/orders?customer_id={shop.cyd}")["items"]) == 3
    assert len(asked(client, f"/v1/customers/{shop.cyd}/timeline")["items"]) == len(_timeline_positions(client, shop))


def _timeline_positions(client: Client, shop: Shop) -> set[int]:
    """The positions of all events in the three customers' timelines."""
    found = set()
    for id in shop.people:
        items = asked(client, f"/v1/customers/{id}/timeline")["items"]
        found |= {item["position"] for item in items}
    return found


def test_labels_use_the_behaviour_of_all_merged_and_a_merged_customer_is_not_counted(client: Client, shop: Shop) -> None:
    rule, invited, members = shop.paths[:3]
    assert asked(client, rule)["items"] == []
    done(client, f"/v1/customers/{shop.bob}/merge", {"into": shop.ada})
    [labelled] = asked(client, rule)["items"]
    assert (labelled["customer_id"], labelled["label"], labelled["since"], labelled["given"]) == (shop.ada, "again", None, None)
    found = asked(client, f"/v1/customers/{shop.ada}/segment")
    assert found["rule"] == labelled
    assert found["labels"][0]["features"]["orders"] == 2.0
    assert {row["customer_id"] for row in asked(client, "/v1/segment-labels")["items"]} == {shop.ada, shop.cyd}
    assert {row["customer_id"] for row in asked(client, "/v1/segment-labels?label=2")["items"]} == {shop.ada}
    assert asked(client, "/v1/segment-labels?labelled=false")["items"] == []
    report = asked(client, "/v1/reports/segments")
    means = [group["measures"]["mean:orders"] for group in report["groups"]]
    assert [(mean["numerator"], mean["denominator"]) for mean in means] == [("1", 1), ("2", 1)]
    by_rule = asked(client, "/v1/reports/segments?rules=true")
    assert ([value(group, "customers") for group in by_rule["groups"]], by_rule["unlabelled"]["value"]) == ([1], "1")
    assert [row["customer_id"] for row in asked(client, members)["items"]] == [shop.ada]
    assert (asked(client, invited)["members"], asked(client, f"{invited}?version=2")["members"]) == (1, 2)
    assert asked(client, f"/v1/customers/{shop.ada}")["segments"] == {"baseline": "2"}


def test_events_of_a_lead_are_in_the_answers_about_its_customer(client: Client, shop: Shop) -> None:
    types = [item["type"] for item in asked(client, f"/v1/customers/{shop.bob}/timeline")["items"]]
    assert types.count("crm.interaction.logged.v2") == types.count("crm.touchpoint.recorded.v2") == 2
    assert types.count("crm.lead.captured.v1") == 1
    assert len([one for one in types if one.startswith("crm.feedback.")]) == 2
    for name in ("interactions", "touchpoints", "feedback"):
        found = asked(client, f"/v1/{name}?customer_id={shop.bob}")["items"]
        assert sorted(item["customer_id"] or "nobody" for item in found) == sorted([shop.bob, "nobody"])
        assert len(asked(client, f"/v1/{name}?customer_id={shop.ada}")["items"]) == 1
