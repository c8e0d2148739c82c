"""Requests on orders that are refused, with their status; repeats; and concurrent callers."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from infra.wiring import Deployment
from tests.api.client import Client
from tests.api.conftest import KeyFor
from tests.api.sales.given_orders import ORDER, TEA, confirmed, done, events, facts, placed

pytestmark = pytest.mark.one_deployment

PAYMENT = {"amount": "30.00", "method": "card"}
LINE = {"line_id": "tea", "quantity": "1"}


def refusal(client: Client, path: str, body: Any = None) -> tuple[int, str]:
    answer = client.post(path, body)
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_a_request_without_a_key_is_refused(stranger: Client) -> None:
    answer = stranger.post("/v1/orders", ORDER)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_request_with_a_wrong_key_is_refused(stranger: Client) -> None:
    assert stranger.post("/v1/orders", ORDER, headers={"Authorization": "Bearer rk_nothing"}).status_code == 401


@pytest.mark.parametrize("role", ["analyst", "auditor", "operator"])
def test_read_only_roles_cannot_place_orders(client: Client, key_for: KeyFor, role: Any) -> None:
    answer = client.post("/v1/orders", ORDER, headers=key_for(role))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize("role", ["agent", "marketer", "sales"])
def test_roles_that_serve_customers_can_place_orders(client: Client, key_for: KeyFor, role: Any) -> None:
    assert client.post("/v1/orders", ORDER, headers=key_for(role)).status_code == 201


@pytest.mark.parametrize(
    "path",
    ["confirmation", "cancellation", "payments/p-1/void", "shipments/s-1/delivery", "returns/r-1/reversal"],
)
def test_commands_on_an_unknown_order_are_refused(client: Client, path: str) -> None:
    assert refusal(client, f"/v1/orders/{uuid4()}/{path}")[0] == 404


def test_a_customers_id_is_not_an_orders_id(client: Client) -> None:
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    assert refusal(client, f"/v1/orders/{customer}/confirmation") == (404, "not-there")


BEYOND = {"discounts": [{"kind": "fixed", "amount": "30.01"}]}


def test_a_discount_beyond_what_there_is_is_refused(client: Client) -> None:
    assert refusal(client, "/v1/orders", ORDER | BEYOND) == (422, "discount-too-large")
    assert client.post("/v1/orders", ORDER | {"discounts": [{"kind": "loyalty", "amount": "30.00"}]}).status_code == 201


def test_a_discount_beyond_what_there_is_is_flagged_if_a_source_states_it(client: Client, deployment: Deployment) -> None:
    order = placed(client, **BEYOND, source={"system": "shop"})
    assert events(deployment.store, order)[0].metadata.irregular == ("discount-too-large",)


def test_an_order_of_an_unknown_customer_is_refused(client: Client) -> None:
    assert refusal(client, "/v1/orders", ORDER | {"customer_id": str(uuid4())}) == (404, "customer-unknown")


def test_unknown_payments_shipments_returns_and_lines_are_refused(client: Client) -> None:
    order = confirmed(client)
    assert refusal(client, f"{order}/payments/p-9/void") == (404, "payment-unknown")
    assert refusal(client, f"{order}/payments/p-9/reversal") == (404, "payment-unknown")
    assert refusal(client, f"{order}/refunds/f-9/reversal") == (404, "refund-unknown")
    assert refusal(client, f"{order}/shipments/s-9/delivery") == (404, "shipment-unknown")
    assert refusal(client, f"{order}/return-requests/r-9/decline") == (404, "return-unknown")
    assert refusal(client, f"{order}/shipments", {"lines": [LINE | {"line_id": "milk"}]}) == (404, "unknown-line")


def test_status_changes_against_the_rules_are_refused(client: Client) -> None:
    order = placed(client)
    assert refusal(client, f"{order}/completion") == (409, "order-not-confirmed")
    assert refusal(client, f"{order}/reopening") == (409, "order-not-ended")
    done(client, f"{order}/cancellation")
    assert refusal(client, f"{order}/confirmation") == (409, "order-is-cancelled")


def test_a_confirmed_order_cannot_be_amended(client: Client) -> None:
    answer = client.patch(confirmed(client), {"lines": [TEA]})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/order-not-open")


def test_a_number_can_be_used_once(client: Client) -> None:
    placed(client, number="A-1")
    assert refusal(client, "/v1/orders", ORDER | {"number": "A-1"}) == (409, "number-taken")


def test_the_same_payment_with_another_amount_is_refused(client: Client) -> None:
    order = confirmed(client)
    done(client, f"{order}/payments", PAYMENT | {"payment_id": "p-1"})
    other = PAYMENT | {"payment_id": "p-1", "amount": "29.00"}
    assert refusal(client, f"{order}/payments", other) == (409, "payment-known-otherwise")


def test_the_same_payment_again_records_nothing(client: Client, deployment: Deployment) -> None:
    order = confirmed(client)
    first = done(client, f"{order}/payments", PAYMENT | {"payment_id": "p-1"})
    assert done(client, f"{order}/payments", PAYMENT | {"payment_id": "p-1"})["version"] == first["version"]
    assert facts(deployment.store, order) == ["placed", "confirmed", "payment_captured"]


def test_a_payment_beyond_what_is_due_is_recorded_and_flagged(client: Client, deployment: Deployment) -> None:
    order = confirmed(client)
    done(client, f"{order}/payments", PAYMENT | {"amount": "99.00"})
    assert events(deployment.store, order)[-1].metadata.irregular == ("payment-over-due",)


def test_a_command_with_an_older_version_is_refused(client: Client, deployment: Deployment) -> None:
    order = placed(client)
    assert client.post(f"{order}/confirmation", headers={"If-Match": '"1"'}).status_code == 200
    late = client.post(f"{order}/cancellation", headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["facts"]) == (412, {"version": "2"})
    assert facts(deployment.store, order) == ["placed", "confirmed"]


def test_the_same_key_and_body_get_the_first_response_again(client: Client, deployment: Deployment) -> None:
    first, again = (client.post("/v1/orders", ORDER, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert all(first.headers[name] == again.headers[name] for name in ("Location", "ETag", "Position"))


def test_a_payment_with_a_generated_id_is_recorded_once_for_one_key(client: Client, deployment: Deployment) -> None:
    order = confirmed(client)
    first, again = (client.post(f"{order}/payments", PAYMENT, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert first.content == again.content
    assert facts(deployment.store, order) == ["placed", "confirmed", "payment_captured"]


def test_a_repeated_request_gets_the_same_refusal_even_after_the_order_changed(client: Client) -> None:
    order = placed(client)
    first = client.post(f"{order}/completion", headers={"Idempotency-Key": "k-1"})
    done(client, f"{order}/confirmation")
    again = client.post(f"{order}/completion", headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, first.json()) == (again.status_code, again.json())


def test_the_same_key_with_another_body_is_refused(client: Client) -> None:
    client.post("/v1/orders", ORDER, headers={"Idempotency-Key": "k-1"})
    answer = client.post("/v1/orders", ORDER | {"channel": "store-3"}, headers={"Idempotency-Key": "k-1"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-reused")


def test_two_callers_may_use_the_same_idempotency_key(client: Client, key_for: KeyFor) -> None:
    first = client.post("/v1/orders", ORDER, headers={"Idempotency-Key": "k-1"})
    other = client.post("/v1/orders", ORDER, headers={"Idempotency-Key": "k-1"} | key_for("sales"))
    assert first.json()["id"] != other.json()["id"]


@pytest.mark.parametrize(
    ("other", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"lines": [TEA | {"colour": "red"}]}, "/lines/0/colour"),
        ({"lines": [TEA | {"unit_price": 12.5}]}, "/lines/0/unit_price"),
        ({"lines": [TEA | {"quantity": "two"}]}, "/lines/0/quantity"),
        ({"lines": [TEA | {"quantity": "٢"}]}, "/lines/0/quantity"),
        ({"lines": [TEA | {"name": "x" * 501}]}, "/lines/0/name"),
        ({"lines": None}, "/lines"),
        ({"total": "NaN"}, "/total"),
        ({"total": "Infinity"}, "/total"),
        ({"total": "1e3"}, "/total"),
        ({"total": "1000000000000000000"}, "/total"),
        ({"currency": "euro"}, "/currency"),
        ({"customer_id": "Ada"}, "/customer_id"),
        ({"discounts": [{"kind": "gift", "amount": "1.00"}]}, "/discounts/0/kind"),
    ],
)
def test_a_value_that_does_not_fit_the_schema_is_pointed_at(client: Client, other: dict[str, Any], pointer: str) -> None:
    answer = client.post("/v1/orders", ORDER | other)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        ({"currency": "XXX"}, "unknown-currency"),
        ({"total": "30.001"}, "amount-too-precise"),
        ({"total": "-1.00"}, "total-negative"),
        ({"lines": []}, "nothing-named"),
        ({"lines": [TEA, TEA]}, "line-twice"),
        ({"lines": [TEA | {"quantity": "0"}]}, "quantity-not-positive"),
        ({"lines": [TEA | {"quantity": "-1"}]}, "quantity-not-positive"),
        ({"lines": [TEA | {"unit_price": "-1.00"}]}, "amount-negative"),
        ({"discounts": [{"kind": "fixed", "amount": "-1.00"}]}, "amount-negative"),
        ({"shipping_address": {}}, "malformed-address"),
        ({"occurred_at": "yesterday"}, "malformed"),
    ],
)
def test_a_malformed_value_is_refused(client: Client, other: dict[str, Any], rule: str) -> None:
    assert refusal(client, "/v1/orders", ORDER | other) == (422, rule)


@pytest.mark.parametrize("amount", ["0", "0.00", "-5.00", "1.005", "NaN", "-0", "", " 1", "1.", "0x10", 5, None])
def test_a_payment_has_an_amount_greater_than_zero_in_its_currencys_decimals(client: Client, amount: Any) -> None:
    order = confirmed(client)
    assert refusal(client, f"{order}/payments", {"amount": amount})[0] == 422


@pytest.mark.parametrize("text", [rb"\u0000", rb"A\ud800B"])
def test_a_malformed_text_is_refused(client: Client, text: bytes) -> None:
    order = placed(client)
    body = b'{"note": "' + text + b'"}'
    answer = client.request("POST", f"{order}/cancellation", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["title"]) == (422, "The request does not fit its schema")


@pytest.mark.parametrize("body", [b'{"amount": NaN}', b'{"amount": "1.00"', b'{"amount": "1.00"} {}'])
def test_malformed_json_is_refused(client: Client, body: bytes) -> None:
    order = placed(client)
    answer = client.request("POST", f"{order}/payments", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-json")


def test_a_reason_is_a_code_and_not_a_sentence(client: Client) -> None:
    assert refusal(client, f"{placed(client)}/cancellation", {"reason": "Ada asked us to"})[0] == 422


@pytest.mark.parametrize("field", ["lines", "total", "contact", "shipping_address"])
def test_null_cannot_clear_a_field_of_an_order(client: Client, field: str) -> None:
    assert client.patch(placed(client), {field: None}).status_code == 422


def test_an_event_in_the_future_is_refused(client: Client) -> None:
    assert refusal(client, "/v1/orders", ORDER | {"occurred_at": "2999-01-01"}) == (409, "in-the-future")
