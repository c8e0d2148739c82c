"""Value models and predicted values over HTTP: a fit is a fact, values follow from it and from what customers bought."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import httpx
import pytest

from domain.shared.ids import derived_id
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import registered, seen
from tests.api.sales.given_orders import ORDER, TEA

PATH = "/v1/value-models"
CUT_OFF = "2024-06-30"
FIT = {"name": "value", "cut_off_day": CUT_OFF}


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["type"]).removeprefix("/problems/")


def buys(client: Client, customer: str, days: Sequence[str], price: str = "10.00", currency: str = "EUR") -> None:
    id = customer.rpartition("/")[2]
    for day in days:
        body = ORDER | {"customer_id": id, "currency": currency, "lines": [TEA | {"quantity": "1", "unit_price": price}]}
        assert client.post("/v1/orders", body | {"occurred_at": f"{day}T09:00:00Z"}).is_success


def buyers(client: Client) -> list[str]:
    """Nine customers with none to three repeat purchases, and one who never bought."""
    ids = [registered(client) for _ in range(10)]
    days = ("2024-01-03", "2024-02-11", "2024-04-20", "2024-06-02")
    for number, id in enumerate(ids[:9]):
        buys(client, id, days[: 1 + number % 4], f"{10 + number}.00")
    return [id.rpartition("/")[2] for id in ids]


def recorded(client: Client) -> list[dict[str, Any]]:
    items = client.get("/v1/events", params={"type": "crm.value_model.fitted.v1"}).json()["items"]
    return [item["data"] for item in sorted(items, key=lambda item: int(item["position"]))]


@on_both_engines
def test_a_fit_is_recorded_and_each_customer_has_values_by_it(client: Client) -> None:
    ids = buyers(client)
    answer = client.post(PATH, FIT)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"{PATH}/{derived_id('value_model', 'value')}"
    [fitted] = recorded(client)
    assert (fitted["name"], fitted["currency"], fitted["time_unit"], fitted["customers"], fitted["repeating"]) == (
        "value",
        "EUR",
        "week",
        9,
        6,
    )
    model = seen(client, f"{PATH}/value")
    assert (model["purchases"], model["spend"]) == (fitted["purchases"], fitted["spend"])
    rows = {row["customer_id"]: row for row in seen(client, "/v1/predicted-values")["items"]}
    assert set(rows) == set(ids)
    assert (rows[ids[9]]["expected_value"], "not bought" in rows[ids[9]]["reason"]) == (None, True)
    assert (rows[ids[3]]["repeats"], rows[ids[3]]["mean_spend"], rows[ids[0]]["alive"]) == (3, "13", "1")
    own = seen(client, f"/v1/customers/{ids[3]}/predicted-values")
    assert own["values"] == [rows[ids[3]]]
    report = seen(client, "/v1/reports/customer-value", by="repeats")
    assert report["without_purchase"] == 1
    assert [group["group"]["repeats"] for group in report["groups"]] == ["0", "1", "2", "3"]
    total = Decimal(report["total"]["measures"]["expected_purchases"]["value"])
    assert total == pytest.approx(sum(Decimal(rows[id]["expected_purchases"]) for id in ids[:9]), rel=Decimal("1e-9"))


def test_values_follow_purchases_without_another_fit_and_merged_customers_count_once(client: Client) -> None:
    ids = buyers(client)
    client.post(PATH, FIT)
    one = f"/v1/customers/{ids[4]}"
    [before] = seen(client, f"{one}/predicted-values")["values"]
    assert (before["repeats"], before["age_days"]) == (0, 179)
    buys(client, one, ["2024-07-10"])
    [after] = seen(client, f"{one}/predicted-values")["values"]
    assert (after["repeats"], after["last_age_days"], after["age_days"]) == (1, 189, 189)
    assert client.post(f"{one}/merge", {"into": ids[3]}).is_success
    [survivor] = seen(client, f"/v1/customers/{ids[3]}/predicted-values")["values"]
    assert survivor["repeats"] == 4
    rows = seen(client, "/v1/predicted-values")["items"]
    assert len(rows) == 9
    assert survivor in rows
    assert len(recorded(client)) == 1


def test_an_erased_customer_has_no_values_and_leaves_the_report(client: Client) -> None:
    ids = buyers(client)
    client.post(PATH, FIT)
    assert client.post(f"/v1/customers/{ids[3]}/erasure", {"reason": "requested", "requested_by": "customer"}).is_success
    own = seen(client, f"/v1/customers/{ids[3]}/predicted-values")
    assert (own["erased"], own["values"]) == (True, [])
    report = seen(client, "/v1/reports/customer-value")
    assert report["total"]["measures"]["customers"]["value"] == "8"
    assert [group["group"]["decile"] for group in report["groups"]] == list(range(1, 11))
    assert seen(client, f"{PATH}/value")["customers"] == 9


def test_money_of_several_currencies_is_never_summed(client: Client) -> None:
    ids = buyers(client)
    buys(client, f"/v1/customers/{ids[9]}", ["2024-01-05", "2024-03-05", "2024-05-05"], "900.00", "USD")
    assert problem(client.post(PATH, FIT), 422) == "bought-in-several-currencies"
    assert client.post(PATH, FIT | {"currency": "EUR"}).status_code == 201
    rows = {row["customer_id"]: row for row in seen(client, "/v1/predicted-values")["items"]}
    assert rows[ids[9]]["reason"] is not None
    assert recorded(client)[0]["customers"] == 9


def test_a_fit_is_compared_with_what_customers_bought_since(client: Client) -> None:
    ids = buyers(client)
    client.post(PATH, FIT | {"cut_off_day": "2024-03-31"})
    assert recorded(client)[0]["customers"] == 9
    report = seen(client, "/v1/reports/value-calibration", to="2024-07-01")
    total = report["total"]["measures"]
    assert (total["actual_purchases"]["value"], report["to"], report["cut_off_day"]) == ("6", "2024-07-01", "2024-03-31")
    groups = {group["group"]["repeats"]: group["measures"] for group in report["groups"]}
    assert {repeats: of["customers"]["value"] for repeats, of in groups.items()} == {"0": "3", "1": "6"}
    assert groups["1"]["actual_purchases_per_customer"]["interval"]["method"] == "Student's t"
    assert problem(client.get("/v1/reports/value-calibration", params={"to": "2024-04-01"}), 422) == "does-not-fit"
    assert problem(client.get("/v1/reports/value-calibration"), 422) == "does-not-fit"
    table = client.get("/v1/reports/value-calibration", params={"to": "2024-07-01"}, headers={"Accept": "text/csv"})
    assert len(table.text.splitlines()) == 3
    assert ids


def test_a_model_is_fitted_again_to_the_purchases_as_they_are_now(client: Client) -> None:
    ids = buyers(client)
    client.post(PATH, FIT)
    buys(client, f"/v1/customers/{ids[9]}", ["2024-05-01"])
    assert client.post(f"{PATH}/value/fits", {"cut_off_day": CUT_OFF}).status_code == 200
    assert [fitted["customers"] for fitted in recorded(client)] == [9, 10]
    assert client.post(f"{PATH}/value/fits", {"cut_off_day": CUT_OFF, "time_unit": "day"}).status_code == 200
    assert recorded(client)[-1]["time_unit"] == "day"
    assert len(client.get(f"{PATH}/value/history").json()["items"]) == 3


def test_what_cannot_be_fitted_or_found_is_a_clear_problem(client: Client) -> None:
    assert problem(client.post(PATH, FIT), 409) == "not-enough-purchases"
    assert problem(client.get("/v1/reports/customer-value"), 404) == "not-there"
    nothing = client.get("/v1/predicted-values")
    assert (problem(nothing, 404), nothing.json()["detail"]) == ("not-there", "There is no value model.")
    one = registered(client)
    buys(client, one, ["2024-05-01", "2024-07-01"])
    assert problem(client.post(PATH, FIT), 409) == "not-enough-purchases"
    assert problem(client.post(PATH, FIT | {"cut_off_day": "9000-01-01"}), 422) == "malformed"
    assert problem(client.post(f"{PATH}/value/fits"), 404) == "not-there"
    assert client.post(PATH, FIT | {"cut_off_day": "2024-08-01"}).status_code == 201
    assert problem(client.post(PATH, FIT | {"cut_off_day": "2024-09-01"}), 409) == "value-model-exists"
    unknown = client.get("/v1/predicted-values", params={"model": "valu"})
    assert (problem(unknown, 404), unknown.json()["detail"]) == (
        "not-there",
        "There is no value model valu; did you mean value? Known: value",
    )
    assert problem(client.get("/v1/predicted-values", params={"horizon_days": 0}), 422) == "does-not-fit"
    [row] = seen(client, "/v1/predicted-values")["items"]
    assert "not converged" in row["caution"]
    assert row["expected_spend"] is None
    assert row["reason"]
