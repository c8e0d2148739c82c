"""The progress of campaigns over HTTP."""

from __future__ import annotations

from tests.api.client import Client
from tests.api.customers.given_customers import seen
from tests.api.marketing.given_campaigns import planned

PATH = "/v1/reports/campaign-progress"


def test_the_progress_of_a_campaign_is_answered_as_of_today(client: Client) -> None:
    campaign = planned(client, budget="100.00", starts="2024-01-01", ends="2024-01-10")
    found = seen(client, PATH, campaign_id=campaign.rsplit("/", 1)[-1], zone="Asia/Shanghai")
    [one] = found["groups"]
    assert (one["group"]["campaign"], one["group"]["starts"], found["zone"]) == ("Spring", "2024-01-01", "Asia/Shanghai")
    assert (one["measures"]["days"]["value"], one["measures"]["budget"]["value"]) == ("1", "0")
    assert one["measures"]["expected_days_by_budget"]["reason"] == "the campaign has not begun"
    assert seen(client, PATH, status="running")["groups"] == []
    header, line = client.get(PATH, headers={"Accept": "text/csv"}).text.splitlines()
    assert "measures.expected_days_by_goal.interval.low" in header
    assert "Spring" in line
    assert client.get(PATH, params={"status": "asleep"}).status_code == 422
