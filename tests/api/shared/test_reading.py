"""Lists and single resources: filters, orders, pages, search, and positions that never claim more than is complete."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Iterator
from typing import Any

import pytest

from infra.processes.parts import Parts
from infra.read_models import completeness
from infra.read_models.completeness import Completeness, Needed
from infra.wiring import Deployment
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import ADA, ERASURE, head, registered, seen
from tests.api.sales.given_orders import TEA, confirmed, done, placed
from tests.waiting import wait_until

NAMES = ("Ada", "王小明", "Grace", "bob", "Zoë")


def named(client: Client, path: str, **question: Any) -> list[str]:
    return [item["name"] for item in seen(client, path, **question)["items"]]


def ids(client: Client, path: str, **question: Any) -> list[str]:
    return [item["id"] for item in seen(client, path, **question)["items"]]


def pages(client: Client, path: str, **question: Any) -> Iterator[list[dict[str, Any]]]:
    """All pages, by following each page's link to the next."""
    page = seen(client, path, **question)
    yield page["items"]
    while page["next"]:
        answer = client.get(page["next"])
        assert answer.status_code == 200
        page = answer.json()
        yield page["items"]


@on_both_engines
def test_customers_are_found_by_every_field_that_filters(client: Client) -> None:
    registered(client, name="plain", occurred_at="2026-01-01")
    other = registered(
        client,
        name="other",
        kind="organisation",
        owner="u-1",
        team="north",
        acquisition={"channel": "web"},
        occurred_at="2026-03-01T23:30+00:00",
    )
    done(client, f"{other}/tags", {"tags": ["vip"]})
    done(client, f"{other}/archival")
    questions: tuple[dict[str, Any], ...] = (
        {"kind": "organisation"},
        {"owner": "u-1"},
        {"team": "north"},
        {"source_channel": "web"},
        {"tag": "vip"},
        {"archived": True},
        {"registered_from": "2026-03-01", "registered_to": "2026-03-02"},
        {"registered_from": "2026-03-02", "zone": "Asia/Shanghai"},
        {"kind": "organisation", "owner": "u-1", "tag": "vip"},
    )
    for question in questions:
        assert named(client, "/v1/customers", **question) == ["other"], question
    assert named(client, "/v1/customers", registered_to="2026-02-01") == ["plain"]
    assert named(client, "/v1/customers", archived=False) == ["plain"]
    assert named(client, "/v1/customers", owner="u-1", kind="person") == []


@on_both_engines
def test_orders_are_found_by_every_field_that_filters(client: Client) -> None:
    placed(client, number="A-1", occurred_at="2026-01-01")
    customer = client.post("/v1/customers", ADA).json()["id"]
    other = confirmed(
        client, number="A-2", customer_id=customer, channel="store", owner="u-1", currency="USD", test=True, lines=[TEA]
    )
    client.put(f"{other}/assignment", {"owner": "u-1", "team": "north"})
    done(client, f"{other}/tags", {"tags": ["rush"]})
    done(client, f"{other}/payments", {"amount": "25.00"})
    done(client, f"{other}/shipments", {"lines": [{"line_id": "tea", "quantity": "2"}]})
    done(client, f"{other}/returns", {"lines": [{"line_id": "tea", "quantity": "2"}]})
    row = seen(client, other)
    questions: tuple[dict[str, Any], ...] = (
        {"customer_id": customer},
        {"number": "A-2"},
        {"channel": "store"},
        {"owner": "u-1"},
        {"team": "north"},
        {"currency": "USD"},
        {"order_status": "confirmed"},
        {"payment_status": row["payment_status"]},
        {"fulfilment_status": row["fulfilment_status"]},
        {"return_status": row["return_status"]},
        {"test": True},
        {"tag": "rush"},
        {"placed_from": "2026-02-01"},
    )
    for question in questions:
        assert ids(client, "/v1/orders", **question) == [row["id"]], question
    assert [item["number"] for item in seen(client, "/v1/orders", placed_to="2026-01-02")["items"]] == ["A-1"]


@on_both_engines
def test_a_list_is_sorted_in_the_requested_order(client: Client) -> None:
    for day, name in enumerate(NAMES, start=1):
        registered(client, name=name, occurred_at=f"2026-01-{10 - day:02}")
    assert named(client, "/v1/customers") == list(NAMES)
    assert named(client, "/v1/customers", sort="registered_at") == list(reversed(NAMES))
    assert named(client, "/v1/customers", sort="position") == list(NAMES)
    assert named(client, "/v1/customers", sort="name") == ["Ada", "bob", "Grace", "Zoë", "王小明"]


@on_both_engines
@pytest.mark.parametrize("sort", ["registered_at", "-name"])
def test_the_pages_together_have_every_item_of_the_list_once(client: Client, sort: str) -> None:
    for number in range(7):
        registered(client, name=f"customer {number % 3}", occurred_at="2026-01-01")
    whole = ids(client, "/v1/customers", sort=sort)
    paged = list(pages(client, "/v1/customers", sort=sort, limit=3))
    assert [len(page) for page in paged] == [3, 3, 1]
    assert [item["id"] for page in paged for item in page] == whole
    assert len(set(whole)) == 7


def test_a_page_continues_after_the_one_before_even_if_the_list_changes(client: Client) -> None:
    for number in range(4):
        registered(client, name=str(number), occurred_at=f"2026-01-0{number + 1}")
    first, *_ = pages(client, "/v1/customers", limit=2)
    following = seen(client, "/v1/customers", limit=2)["next"]
    registered(client, name="newer", occurred_at="2026-02-01")
    client.post(f"/v1/customers/{first[1]['id']}/erasure", ERASURE)
    seen(client, "/v1/customers")
    assert [item["name"] for item in first + client.get(following).json()["items"]] == ["3", "2", "1", "0"]


def test_a_page_has_a_link_to_the_next_and_the_last_has_none(client: Client) -> None:
    for number in range(3):
        registered(client, name=str(number))
    first = client.get("/v1/customers", params={"limit": 2, "archived": False, "after": head(client)})
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert "archived=false" in first.json()["next"].lower()
    last = client.get(first.json()["next"])
    assert last.json()["next"] is None
    assert "Link" not in last.headers


def test_no_cursor_contains_a_name(client: Client) -> None:
    for name in ("Zwetschge", "Zwiebel"):
        registered(client, name=name)
    following = seen(client, "/v1/customers", sort="name", limit=1)["next"]
    assert "zwetschge" not in following.lower()
    assert "endldHNjaGdl" not in following


@on_both_engines
def test_a_customer_is_found_by_part_of_a_name_and_the_beginning_of_a_contact(client: Client) -> None:
    phone = {"kind": "phone", "value": "+49 30 901820"}
    registered(client, name="王小明", contact_methods=[phone])
    registered(client, name="Ada Lovelace")
    registered(client, name="100% Müller_GmbH", contact_methods=[])
    for question, expected in {
        "小明": "王小明",
        "王": "王小明",
        "+4930": "王小明",
        "4930 9018": "王小明",
        "LOVE": "Ada Lovelace",
        "ｌｏｖｅ": "Ada Lovelace",
        "ada@exam": "Ada Lovelace",
        "müller": "100% Müller_GmbH",
        "%": "100% Müller_GmbH",
        "_": "100% Müller_GmbH",
    }.items():
        assert named(client, "/v1/customers", q=question) == [expected], question
    for question in ("李", "xample.com", "\\", "'"):
        assert named(client, "/v1/customers", q=question) == [], question
    assert client.get("/v1/customers", params={"q": "  "}).json()["errors"][0]["parameter"] == "q"


def test_an_answer_that_the_caller_already_has_is_not_sent_again(client: Client) -> None:
    for path in (registered(client), placed(client)):
        first = client.get(path, params={"after": head(client)})
        assert first.headers["ETag"].startswith('"1-')
        for known in (first.headers["ETag"], f'"7", W/{first.headers["ETag"]}'):
            unchanged = client.get(path, headers={"If-None-Match": known})
            assert (unchanged.status_code, unchanged.content) == (304, b"")
            assert unchanged.headers["ETag"] == first.headers["ETag"]
            assert unchanged.headers["Position"] == first.headers["Position"]
        done(client, f"{path}/tags", {"tags": ["new"]})
        seen(client, path)
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_an_answer_that_changed_without_a_new_version_is_sent_again(client: Client) -> None:
    customer = registered(client)
    first = client.get(customer, params={"after": head(client)})
    order = placed(client, customer_id=first.json()["id"], contact={"name": "Ada"})
    second = client.get(customer, params={"after": head(client)}, headers={"If-None-Match": first.headers["ETag"]})
    assert (second.status_code, second.json()["version"]) == (200, 1)
    assert second.json()["money"]["EUR"]["orders"] == 1
    before = client.get(order)
    client.post(f"{customer}/erasure", ERASURE)
    purged = client.get(order, params={"after": head(client)}, headers={"If-None-Match": before.headers["ETag"]})
    assert (purged.status_code, purged.json()["version"]) == (200, 1)


def test_a_change_with_the_etag_of_a_read_is_accepted_only_for_the_latest_version(client: Client) -> None:
    customer = registered(client)
    etag = client.get(customer, params={"after": head(client)}).headers["ETag"]
    assert client.patch(customer, {"name": "Grace"}, headers={"If-Match": etag}).status_code == 200
    assert client.patch(customer, {"name": "Ada"}, headers={"If-Match": etag}).status_code == 412


def test_a_caller_reads_their_own_write_by_its_position(client: Client) -> None:
    for number in range(20):
        made = client.post("/v1/customers", {"name": str(number)})
        read = client.get(made.headers["Location"], params={"after": made.headers["Position"]})
        assert read.json()["name"] == str(number)
        assert int(read.headers["Position"]) >= int(made.headers["Position"])


def test_the_position_header_of_an_answer_can_be_sent_back(client: Client) -> None:
    made = client.post("/v1/customers", ADA)
    assert client.get(made.headers["Location"], headers={"Position": made.headers["Position"]}).status_code == 200


READS = ("/v1/customers", "/v1/orders", "/v1/keys", "/v1/reports/channel-sales", "{customer}", "{order}", "{customer}/timeline")


@pytest.mark.parametrize("path", READS)
def test_while_the_projector_is_stopped_no_read_claims_to_be_up_to_date(client: Client, parts: Parts, path: str) -> None:
    customer, order = registered(client), placed(client)
    path = path.format(customer=customer, order=order)
    seen(client, path)
    before = head(client)
    stop(parts)
    parts.deployment.settings.after_timeout = 0.05
    made = client.post("/v1/customers", {"name": "Grace"})
    known = client.get(path)
    assert (known.status_code, known.headers["Position"]) == (200, str(before))
    assert "Grace" not in known.text
    answer = client.get(path, params={"after": made.headers["Position"]})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-yet")
    assert (answer.headers["Retry-After"], answer.headers["Position"]) == ("1", str(before))
    assert str(before) in answer.json()["detail"]
    assert made.headers["Position"] in answer.json()["detail"]


def test_a_read_waits_for_the_projector(client: Client, parts: Parts) -> None:
    projector = parts.projector
    assert projector is not None
    seen(client, "/v1/customers")
    stop(parts)
    made = client.post("/v1/customers", ADA)
    restarted = threading.Timer(0.3, lambda: [projector.turn(0.01) for _ in range(3)])
    restarted.start()
    begun = time.monotonic()
    answer = client.get(made.headers["Location"], params={"after": made.headers["Position"]})
    waited = time.monotonic() - begun
    restarted.join()
    assert (answer.status_code, answer.json()["name"]) == (200, "Ada")
    assert 0.2 < waited < 8


@on_both_engines
def test_an_export_has_the_position_of_its_own_rows(
    client: Client, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(client, "/v1/customers")
    monkeypatch.setattr(completeness, "FRESH", 3600.0)
    position = int(client.post("/v1/customers", ADA).headers["Position"])
    wait_until(lambda: Completeness(deployment.read_models).up_to("customer_view") >= position, "Ada is there")
    answer = client.get("/v1/customers", headers={"Accept": "application/x-ndjson"})
    assert ("Ada" in answer.text, int(answer.headers["Position"])) == (True, position)


def test_answers_from_the_log_itself_are_never_behind(client: Client, parts: Parts) -> None:
    customer = registered(client)
    seen(client, customer)
    stop(parts)
    client.patch(customer, {"name": "Grace"})
    for path in (f"{customer}/history", f"{customer}?version=2", f"{customer}?as_of={head(client)}", "/v1/events"):
        answer = client.get(path)
        assert int(answer.headers["Position"]) == head(client)
        assert "Grace" in answer.text


def test_an_answer_from_several_read_models_waits_once(client: Client, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = registered(client)
    seen(client, f"{customer}/timeline")
    stop(parts)
    parts.deployment.settings.after_timeout = 1.0
    made = client.post("/v1/customers", {"name": "Grace"})
    waits: list[Needed] = []
    wait = parts.completeness.wait

    def noted(needed: Needed, after: int, timeout: float) -> Awaitable[dict[str, int]]:
        waits.append(needed)
        return wait(needed, after, timeout)

    monkeypatch.setattr(parts.completeness, "wait", noted)
    for path in (f"/v1/orders?customer_id={customer.rpartition('/')[2]}", f"{customer}/timeline", "/v1/reports/channel-effect"):
        begun = time.monotonic()
        answer = client.get(path, params={"after": made.headers["Position"]})
        assert answer.status_code == 503
        assert 1.0 <= time.monotonic() - begun < 2.0, path
    assert len(waits) == 3


def stop(parts: Parts) -> None:
    assert parts.projector is not None
    parts.projector.stop()
    wait_until(lambda: all(thread.name != "projector" for thread in threading.enumerate()), "the projector has stopped")
