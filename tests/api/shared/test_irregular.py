"""A command whose fact breaks a rule says so in its answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.marketing.given_campaigns import customers, planned, target, touched
from tests.api.marketing.given_channels import MATOMO, opened
from tests.api.sales.given_orders import confirmed, done, placed

OVERPAID = {"amount": "99.00"}


@on_both_engines
def test_an_overpayment_is_answered_with_the_rule_that_it_breaks(client: Client) -> None:
    order = confirmed(client)
    assert "irregular" not in done(client, f"{order}/payments", {"amount": "1.00"})
    assert done(client, f"{order}/payments", OVERPAID)["irregular"] == ["payment-over-due"]


def test_a_fact_that_breaks_several_rules_names_each(client: Client) -> None:
    assert done(client, f"{placed(client)}/payments", OVERPAID)["irregular"] == [
        "payment-before-confirmation",
        "payment-over-due",
    ]


def test_more_goods_than_were_ordered_are_answered_with_the_rules_that_they_break(client: Client) -> None:
    shipped = done(client, f"{placed(client)}/shipments", {"lines": [{"line_id": "tea", "quantity": "3"}]})
    assert shipped["irregular"] == ["shipped-before-confirmation", "shipped-beyond-ordered"]


def test_more_visitors_than_visits_are_answered_with_the_rule_that_they_break(client: Client) -> None:
    day = f"{opened(client)}/days/2026-01-02/traffic"
    assert client.put(day, {"source": MATOMO, "visits": 3, "visitors": 4}).json()["irregular"] == ["visitors-above-visits"]


def test_each_item_of_a_list_names_the_rules_that_it_breaks(client: Client) -> None:
    campaign, (ada, bob) = planned(client), customers(client, 2)
    target(client, campaign, ada)
    visited = [{"customer_id": id, "kind": "visited"} for id in (ada, bob)]
    answers = [item["body"].get("irregular") for item in touched(client, campaign, *visited)]
    assert answers == [None, ["before-targeting"]]


def test_a_line_of_a_batch_names_the_rules_that_it_breaks(client: Client) -> None:
    line = {"method": "POST", "path": f"{confirmed(client)}/payments", "body": OVERPAID}
    answer = client.request(
        "POST", "/v1/batch", content=msgspec.json.encode(line), headers={"content-type": "application/x-ndjson"}
    )
    assert msgspec.json.decode(answer.content)["body"]["irregular"] == ["payment-over-due"]


@pytest.mark.parametrize("body", [OVERPAID, {"amount": "30.00"}])
def test_a_repeated_request_gives_the_same_answer(client: Client, body: dict[str, Any]) -> None:
    path, headers = f"{confirmed(client)}/payments", {"Idempotency-Key": "once"}
    first = client.post(path, body, headers=headers)
    again = client.post(path, body, headers=headers)
    assert (first.status_code, again.content) == (200, first.content)
