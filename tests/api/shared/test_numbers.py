"""Numbers in answers: amounts have the decimals of their currency, quotients 12 significant digits, and none an exponent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from domain.shared.money import MINOR_DIGITS
from tests.api.client import Client
from tests.api.customers.given_customers import head, registered
from tests.api.marketing.given_campaigns import planned, touched
from tests.api.marketing.given_channels import cost, counted, opened
from tests.api.questions import chosen, plain
from tests.api.sales.given_leads import defined
from tests.api.sales.given_orders import done, placed

AMOUNTS = {
    *("gross", "discounts", "returns", "net", "tax", "charges", "total", "captured", "refunded", "charged_back", "cash_net"),
    *("amount", "value", "budget", "cost", "sales", "sales_outside_window", "shipping_amount", "unit_price", "unit_cost"),
    *("won_value", "open_value", "weighted_value", "unweighted_value"),
}
EXPONENT = re.compile(r"-?\d+(\.\d+)?E[+-]\d+")
DECIMAL = re.compile(r"-?\d+(\.\d+)?")
SHORT = {"EUR": "12.5", "JPY": "100", "KWD": "12.5"}
"""An amount as short as a caller may write it."""


def story(client: Client, currency: str) -> dict[str, dict[str, str]]:
    """Sales, money and members with short amounts; the ids that fill the paths of questions."""
    short = SHORT[currency]
    customer = registered(client).rsplit("/", 1)[-1]
    tea: dict[str, Any] = {"line_id": "a", "name": "Tea", "quantity": "3", "unit_price": short, "unit_cost": short}
    tea |= {"discounts": [{"amount": "1"}], "taxes": [{"name": "VAT", "rate": "0.19", "amount": "2"}]}
    order = placed(
        client,
        customer_id=customer,
        currency=currency,
        lines=[tea],
        discounts=[{"kind": "fixed", "amount": "3"}],
        charges=[{"kind": "shipping", "amount": "4", "tax": "1"}],
    )
    done(client, f"{order}/confirmation")
    done(client, f"{order}/payments", {"payment_id": "p-1", "amount": short})
    refund = {"refund_id": "r-1", "payment_id": "p-1", "amount": "10", "shipping_amount": "1"}
    done(client, f"{order}/refunds", refund | {"lines": [{"line_id": "a", "quantity": "1", "amount": "9"}]})
    done(client, f"{order}/lines/cancellation", {"lines": [{"line_id": "a", "quantity": "1"}]})
    done(client, f"{order}/returns", {"return_id": "ret-1", "lines": [{"line_id": "a", "quantity": "0.5"}]})
    opened(client)
    opened(client, "store")
    counted(client, "web", "2026-02-03", visits=30_000_000)
    counted(client, "store", "2026-02-03", visits=7)
    cost(client, "web", "2026-02-03", short, currency)
    defined(client)
    deal = {"customer_id": customer, "pipeline": "sales", "stage": "talking", "amount": short, "currency": currency}
    deal_id = client.post("/v1/deals", deal).json()["id"]
    lead = {"channel": "web", "contact": {"name": "Ada"}, "value": short, "currency": currency}
    lead_id = client.post("/v1/leads", lead).json()["id"]
    goal = {"metric": "sales", "target": "1000"}
    campaign = planned(client, currency=currency, budget="1000", goal=goal)
    done(client, f"{campaign}/launch")
    done(client, f"{campaign}/spends", {"spend_id": "s-1", "amount": short})
    members = {"members": [{"customer_id": customer, "variant": "short"}, {"lead_id": lead_id, "variant": "long"}]}
    assert client.post(f"{campaign}/members", members).status_code == 200
    touched(client, campaign, {"customer_id": customer, "kind": "converted", "conversion_id": "c-1", "value": short})
    return {
        "": {"upto": str(head(client)), "system": "shop"},
        "/v1/customers": {"id": customer},
        "/v1/orders": {"id": order.rsplit("/", 1)[-1]},
        "/v1/deals": {"id": deal_id},
        "/v1/leads": {"id": lead_id},
        "/v1/campaigns": {"id": campaign.rsplit("/", 1)[-1], "customer_id": customer},
        "/v1/channels": {"code": "web"},
    }


def wrong(found: Any, digits: int, path: str = "") -> Iterator[str]:
    """The places of an answer with a number in another form."""
    if isinstance(found, list):
        for one in found:
            yield from wrong(one, digits, path)
    elif isinstance(found, dict):
        is_ratio = is_estimate(found)
        for name, value in found.items():
            if isinstance(value, str) and not well_formed(name, value, digits, is_ratio):
                yield f"{path}.{name}: {value}"
            else:
                yield from wrong(value, digits, f"{path}.{name}")


def is_estimate(found: dict[str, Any]) -> bool:
    """Whether this is a ratio, a count, or a figure that a method estimated, and not an exact amount."""
    is_figure = {"value", "unit", "definition"} <= found.keys()
    estimated = is_figure and ("n" in found or "method" in found or found["unit"] not in SHORT)
    return estimated or {"numerator", "denominator"} <= found.keys()


def well_formed(name: str, value: str, digits: int, is_ratio: bool) -> bool:
    if EXPONENT.fullmatch(value):
        return False
    if not DECIMAL.fullmatch(value):
        return True
    decimals = len(value.partition(".")[2])
    if name in ("low", "high") or (is_ratio and name == "value"):
        return len(Decimal(value).as_tuple().digits) <= 12
    return name not in AMOUNTS or decimals == digits


@pytest.mark.parametrize("currency", SHORT)
def test_amounts_have_the_decimals_of_their_currency_in_every_answer(client: Client, app: FastAPI, currency: str) -> None:
    places = story(client, currency)
    here = {"Position": str(head(client))}
    found, answered = [], set()
    questions = [*(question for _, question in plain(app.openapi(), places)), *chosen(app.openapi(), places)]
    for question in questions:
        answer = client.get(question.path, params=question.asked, headers={"accept": question.form, **here})
        if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
            answered.add(question.path)
            found += [f"{question.path}{place}" for place in wrong(answer.json(), MINOR_DIGITS[currency])]
        elif answer.status_code == 200:
            found += [f"{question.path} {cell}" for cell in re.split(r"[,\s\"]", answer.text) if EXPONENT.fullmatch(cell)]
    assert found == []
    assert len(answered) > 60
