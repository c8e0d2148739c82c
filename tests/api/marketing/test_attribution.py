"""The attribution report over HTTP."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import registered, seen
from tests.api.sales.given_orders import ORDER

PATH = "/v1/reports/attribution"


@on_both_engines
def test_an_order_is_credited_to_the_channels_before_it(client: Client) -> None:
    ada = registered(client).rsplit("/", 1)[-1]
    for day, channel in ((1, "search"), (2, "social"), (3, "email")):
        body = {"customer_id": ada, "channel": channel, "kind": "click", "occurred_at": f"2024-03-0{day}T09:00:00Z"}
        assert client.post("/v1/touchpoints", body).status_code == 201
    order = ORDER | {"customer_id": ada, "occurred_at": "2024-03-04T09:00:00Z"}
    assert client.post("/v1/orders", order).status_code == 201
    found = seen(client, PATH, model="position", window_days="10")
    credits = {group["group"]["channel"]: group["measures"]["credit"]["value"] for group in found["groups"]}
    assert credits == {"email": "0.4", "search": "0.4", "social": "0.2"}
    assert found["total"]["measures"]["credit"] == {
        "value": "1",
        "unit": "conversions",
        "definition": "the sum of all credits",
        "reason": None,
    }
    assert (found["model"], found["window_days"]) == ("position", 10)
    assert (found["half_life_days"], found["value"], found["currency"]) == ("7.0", "conversions", None)
    assert "never replace lift" in found["definition"]
    chain = seen(client, PATH, model="markov")["groups"][0]["measures"]["removal_effect"]
    assert (chain["value"], chain["n"], chain["method"][:12]) == ("1", 1, "Markov chain")
    revenue = seen(client, PATH, value="revenue", currency="EUR")
    values = [group["measures"]["credit"] for group in revenue["groups"]]
    assert {value["unit"] for value in values} == {"EUR"}
    gross = seen(client, "/v1/reports/channel-sales")["groups"][0]["measures"]["gross"]["value"]
    assert sum(int(value["value"].replace(".", "")) for value in values) == int(gross.replace(".", ""))
    lines = client.get(PATH, params={"by": "campaign"}, headers={"Accept": "text/csv"}).text.splitlines()
    assert lines[0].split(",")[:5] == [
        "group.channel",
        "group.campaign_id",
        "group.campaign",
        "measures.credit.value",
        "measures.credit.unit",
    ]
    assert lines[1].split(",")[3] == "1"


def test_a_question_that_cannot_be_answered_is_refused(client: Client) -> None:
    def refused(**asked: Any) -> Any:
        answer = client.get(PATH, params=asked)
        assert answer.status_code == 422, answer.text
        return answer.json()

    assert "needs a currency" in refused(value="revenue")["errors"][0]["detail"]
    refused(model="magic")
    refused(window_days="0")
    refused(half_life_days="0")
    refused(half_life_days="nan")
    refused(half_life_days="inf")
    refused(kind="smell")
