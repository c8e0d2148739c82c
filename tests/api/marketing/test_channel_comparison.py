"""The comparison of channels and the trend of sales over HTTP."""

from __future__ import annotations

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import seen
from tests.api.marketing.given_channels import counted, opened
from tests.api.sales.given_orders import ORDER

DAYS = {"from": "2024-03-01", "to": "2024-04-01"}


@on_both_engines
def test_channels_are_compared_and_sales_have_a_trend(client: Client) -> None:
    opened(client, "web")
    counted(client, "web", "2024-03-04", visits=40)
    for day in ("2024-02-26", "2024-03-04", "2024-03-11", "2024-03-18"):
        assert client.post("/v1/orders", ORDER | {"occurred_at": f"{day}T09:00:00Z"}).status_code == 201
    found = seen(client, "/v1/reports/channel-comparison", **DAYS)
    [group], [total] = found["groups"], found["totals"]
    measures = group["measures"]
    assert group["group"] == {"channel": "web", "currency": "EUR"}
    assert measures["conversion_rate"]["value"] == "0.075"
    assert measures["conversion_rate"]["interval"]["method"] == "Wilson"
    assert measures["average_order"]["caution"] == "fewer than 100 orders: the interval may be too narrow"
    assert measures["change"]["value"] == "2"
    assert total["measures"]["concentration"]["value"] == "1"
    trend = seen(client, "/v1/reports/sales-trend", by="channel", **DAYS)
    weeks = {"from": "2024-03-04", "last": "2024-03-25"}
    assert trend["groups"][0]["group"] == {"channel": "web", "currency": "EUR"} | weeks
    assert trend["groups"][0]["measures"]["trend"]["reason"] == "fewer than 5 whole weeks"
    for path in ("channel-comparison", "sales-trend"):
        lines = client.get(f"/v1/reports/{path}", params=DAYS, headers={"Accept": "text/csv"}).text.splitlines()
        assert len(lines) == 2, path
