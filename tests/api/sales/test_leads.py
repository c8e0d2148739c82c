"""Leads, deals and pipelines over HTTP: from first interest to a won deal."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from domain.operations.api_key import Role
from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import ERASURE, registered, seen
from tests.api.figures import values
from tests.api.sales.given_leads import STAGES, captured, defined, opened
from tests.api.sales.given_orders import done, placed

REPORT = "/v1/reports/lead-funnel"


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def refused(client: Client, path: str, body: Any, rule: str, status: int = 409) -> None:
    answer = client.post(path, body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{rule}"), answer.text


@on_both_engines
def test_a_lead_becomes_a_customer_with_a_deal_and_an_order(client: Client) -> None:
    lead, customer = captured(client), registered(client)
    client.put(f"{lead}/assignment", {"owner": "agent-7", "team": "sales"})
    client.put(f"{lead}/stage", {"stage": "contacted"})
    done(client, f"{lead}/qualification")
    deal = opened(client, customer, lead_id=id_of(lead), owner="agent-7", expected_close="2026-06-30")
    client.put(f"{deal}/stage", {"stage": "offered"})
    client.put(f"{deal}/amount", {"amount": "600.00", "currency": "EUR"})
    client.put(f"{deal}/close-date", {"expected_close": None})
    [group] = seen(client, REPORT, by="owner")["groups"]
    assert (group["group"], *values(group, "captured", "qualified")) == ({"owner": "agent-7"}, 1, 1)
    assert group["measures"]["weighted_value:EUR"]["value"] == "300.00"
    order = placed(client, lead_id=id_of(lead), deal_id=id_of(deal))
    done(client, f"{deal}/win", {"order_id": id_of(order)})
    conversion = {"customer_id": id_of(customer), "deal_id": id_of(deal), "value": "600.00", "currency": "EUR"}
    done(client, f"{lead}/conversion", conversion)
    row = seen(client, lead)
    assert (row["status"], row["stage"], row["owner"], row["converted_value"]) == (
        "converted",
        "contacted",
        "agent-7",
        "600.00",
    )
    assert seen(client, deal)["status"] == "won"
    total = seen(client, REPORT)["total"]
    assert values(total, "converted", "deals_won", "conversion_rate") == (1, 1, 1)
    assert total["measures"]["won_value:EUR"]["value"] == "600.00"
    lines = [moment["en"] for moment in seen(client, f"{customer}/timeline")["items"]]
    assert any("converted" in line for line in lines)


def test_a_lost_lead_or_deal_is_open_again_after_reopening(client: Client) -> None:
    lead, deal = captured(client), opened(client, registered(client))
    for thing, rule in ((lead, "lead-not-ended"), (deal, "deal-not-ended")):
        refused(client, f"{thing}/reopening", None, rule)
        done(client, f"{thing}/loss", {"reason": "no_answer"})
        assert (seen(client, thing)["status"], seen(client, thing)["lost_reason"]) == ("lost", "no_answer")
        done(client, f"{thing}/reopening", {"reason": "called_back"})
        assert seen(client, thing)["status"] == "open"


def test_a_reference_to_something_unknown_is_refused(client: Client) -> None:
    customer, nobody = id_of(registered(client)), str(uuid4())
    defined(client)
    deal = {"customer_id": customer, "pipeline": "sales", "stage": "talking"}
    refused(client, "/v1/deals", deal | {"pipeline": "other"}, "pipeline-unknown", 404)
    refused(client, "/v1/deals", deal | {"stage": "other"}, "stage-unknown", 404)
    refused(client, "/v1/deals", deal | {"lead_id": nobody}, "not-there", 404)
    refused(client, "/v1/leads", {"customer_id": nobody}, "customer-unknown", 404)
    tea = {"line_id": "1", "name": "Tea", "quantity": "1", "unit_price": "1"}
    for name in ("lead_id", "deal_id", "campaign_id"):
        refused(client, "/v1/orders", {"channel": "web", "currency": "EUR", "lines": [tea], name: nobody}, "not-there", 404)


@on_both_engines
def test_leads_and_deals_are_listed_and_filtered(client: Client) -> None:
    customer = registered(client)
    first = captured(client, number="1", origin="unknown", occurred_at="2026-03-01")
    captured(client, number="2", origin=None, channel="web", customer_id=id_of(customer), occurred_at="2026-03-02")
    client.post(f"{first}/tags", {"tags": ["hot"]})
    of_leads: list[tuple[dict[str, Any], list[str]]] = [
        ({"sort": "number"}, ["1", "2"]),
        ({"origin": "unknown"}, ["1"]),
        ({"without_origin": True}, ["2"]),
        ({"customer_id": id_of(customer)}, ["2"]),
        ({"tag": "hot"}, ["1"]),
        ({"captured_to": "2026-03-02"}, ["1"]),
    ]
    for question, numbers in of_leads:
        assert [lead["number"] for lead in seen(client, "/v1/leads", **question)["items"]] == numbers, question
    deal = opened(client, customer, number="D1", lead_id=id_of(first), expected_close="2026-06-30")
    opened(client, customer, number="D2", stage="offered")
    of_deals: list[tuple[dict[str, Any], list[str]]] = [
        ({"sort": "number", "limit": 1}, ["D1"]),
        ({"stage": "offered"}, ["D2"]),
        ({"lead_id": id_of(first)}, ["D1"]),
        ({"expected_from": "2026-06-01", "expected_to": "2026-07-01"}, ["D1"]),
    ]
    for question, numbers in of_deals:
        assert [one["number"] for one in seen(client, "/v1/deals", **question)["items"]] == numbers, question
    csv = client.get("/v1/deals", headers={"Accept": "text/csv"}).text
    assert csv.count("\n") == 3
    assert seen(client, deal)["amount"] == "500.00"


def test_an_erased_lead_loses_its_personal_data_and_a_customers_lead_cannot_be_erased_alone(client: Client) -> None:
    lead = captured(client)
    client.patch(f"{lead}/attributes", {"attributes": {"wish": "Zwetschge"}})
    done(client, f"{lead}/erasure", ERASURE)
    gone = seen(client, lead)
    assert (gone["private"], gone["erased_at"] is None, gone["channel"]) == (None, False, "social")
    assert all("Zwetschge" not in client.get(path).text for path in (lead, f"{lead}/history", f"{lead}?version=2"))
    refused(client, f"{lead}/qualification", None, "lead-erased")
    receipt = seen(client, f"{lead}/erasure")
    assert {name: receipt[name] for name in ERASURE} == ERASURE
    assert receipt["lead_id"] == id_of(lead)
    assert receipt["subjects"] == [{"id": id_of(lead), "kind": "lead", "key_destroyed": True}]
    theirs = captured(client, customer_id=id_of(registered(client)))
    refused(client, f"{theirs}/erasure", ERASURE, "lead-of-customer")
    assert client.get(f"{theirs}/erasure").status_code == 404


@on_both_engines
def test_a_converted_leads_personal_data_is_erased_with_the_customer(client: Client) -> None:
    lead, customer = captured(client), registered(client)
    done(client, f"{lead}/conversion", {"customer_id": id_of(customer)})
    assert seen(client, lead)["private"]["contact"]["handle"] == "@ada"
    done(client, f"{customer}/erasure", ERASURE)
    assert seen(client, lead)["private"] is None
    assert all("@ada" not in client.get(path).text for path in (f"{lead}/history", f"{lead}?version=1"))


def test_analysts_see_a_lead_without_personal_data(client: Client, key_for: KeyFor) -> None:
    lead, key = captured(client), key_for("analyst")
    position = seen(client, lead)["position"]
    for path in (lead, "/v1/leads", f"{lead}/history", f"{lead}?version=1"):
        answer = client.get(path, headers=key, params={"after": position} if "?" not in path else None)
        assert (answer.status_code, "@ada" in answer.text) == (200, False), path
    statuses: dict[Role, int] = {"analyst": 403, "auditor": 403, "marketer": 201, "agent": 201, "sales": 201}
    for role, status in statuses.items():
        assert client.post("/v1/leads", {}, headers=key_for(role)).status_code == status, role
    assert client.put("/v1/pipelines/x", {"name": "X", "stages": STAGES}, headers=key_for("agent")).status_code == 403


def test_another_system_creates_and_changes_leads_and_deals(client: Client) -> None:
    customer = id_of(registered(client))
    defined(client)
    lead, deal = f"/v1/leads/by/ads/{uuid4()}", f"/v1/deals/by/erp/{uuid4()}"
    assert client.put(lead, {"channel": "social"}).status_code == 201
    changed = client.put(lead, {"channel": "social", "stage": "contacted"})
    assert (changed.status_code, seen(client, lead)["stage"]) == (200, "contacted")
    assert client.put(lead, {"channel": "web"}).status_code == 409
    body = {"customer_id": customer, "pipeline": "sales", "stage": "talking"}
    assert client.put(deal, body).status_code == 201
    assert client.put(deal, body | {"stage": "offered", "amount": "5.00", "currency": "EUR"}).status_code == 200
    assert (seen(client, deal)["stage"], seen(client, deal)["amount"]) == ("offered", "5.00")


def test_a_pipeline_is_revised_and_shown_as_it_was(client: Client) -> None:
    path = defined(client, "export")
    defined(client, "export", stages=STAGES[:1])
    assert [stage["code"] for stage in seen(client, path)["stages"]] == ["talking"]
    assert len(client.get(path, params={"version": 1}).json()["stages"]) == 2
    assert [item["type"].split(".")[2] for item in client.get(f"{path}/history").json()["items"]] == ["defined", "revised"]
    assert "export" in {pipeline["code"] for pipeline in seen(client, "/v1/pipelines")["items"]}
    assert client.get("/v1/pipelines/none").status_code == 404


@pytest.mark.parametrize(
    "question", [{"by": "year"}, {"by": ["day", "month"]}, {"origin": "a" * 65}, {"campaign_id": "1"}, {"from": "x"}]
)
def test_a_report_with_malformed_parameters_is_refused(client: Client, question: dict[str, Any]) -> None:
    assert client.get(REPORT, params=question).status_code == 422


def test_a_refusal_names_what_a_converted_lead_and_a_won_deal_became(client: Client) -> None:
    customer = registered(client)
    lead, deal, order = captured(client), opened(client, customer), placed(client)
    ids = {f"{name}_id": path.rsplit("/", 1)[-1] for name, path in (("customer", customer), ("deal", deal), ("order", order))}
    done(client, f"{lead}/conversion", ids)
    for method, path, body in (
        ("PUT", "stage", {"stage": "talking"}),
        ("POST", "loss", None),
        ("POST", "conversion", ids | {"customer_id": registered(client).rsplit("/", 1)[-1]}),
    ):
        refusal = client.request(method, f"{lead}/{path}", json=body).json()
        assert {name: refusal["facts"][name] for name in ids} == ids, path
    done(client, f"{deal}/win", {"order_id": ids["order_id"]})
    refusal = client.post(f"{deal}/win", {"order_id": placed(client).rsplit("/", 1)[-1]}).json()
    assert (refusal["type"], refusal["facts"]["order_id"]) == ("/problems/deal-won-otherwise", ids["order_id"])
    lost = captured(client)
    done(client, f"{lost}/loss")
    assert client.post(f"{lost}/qualification").json()["facts"] == {"id": lost.rsplit("/", 1)[-1]}
