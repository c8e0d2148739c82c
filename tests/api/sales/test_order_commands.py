"""Orders over HTTP: a request's values become the recorded event."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from domain.shared.events import type_name
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from infra.wiring import Deployment
from tests.api.client import Client
from tests.api.sales.given_orders import CUP, ORDER, TEA, confirmed, done, events, facts, placed

pytestmark = pytest.mark.one_deployment

DIGEST = "ab" * 32
STORY = {
    "Place": "",
    "Amend": "",
    "Payment": "payments",
    "Shipment": "shipments",
    "Return": "returns",
    "Refund": "refunds",
}


@pytest.fixture
def store(deployment: Deployment) -> EventStore:
    return deployment.store


def last(store: EventStore, order: str) -> Any:
    return events(store, order)[-1].event


def flags(store: EventStore, order: str) -> tuple[str, ...]:
    return events(store, order)[-1].metadata.irregular


def test_placing_an_order_returns_its_location_version_and_position(client: Client) -> None:
    answer = client.post("/v1/orders", ORDER)
    assert answer.status_code == 201
    accepted = answer.json()
    assert answer.headers["Location"] == f"/v1/orders/{accepted['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Position"] == str(accepted["position"])
    assert accepted["version"] == 1


def test_an_order_is_placed_with_all_values_of_the_request(client: Client, store: EventStore) -> None:
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    order = placed(
        client,
        number="A-1",
        customer_id=customer,
        prices_include_tax=True,
        lines=[TEA | {"taxes": [{"name": "VAT", "rate": "0.07", "amount": "1.64"}], "discounts": [{"amount": "1.00"}]}],
        discounts=[{"kind": "fixed", "amount": "2.00", "code": "HELLO"}],
        charges=[{"kind": "shipping", "amount": "4.90", "tax": "0.78"}],
        shipping_address={"lines": ["Hauptstr. 1"], "city": "Berlin", "country": "DE"},
        contact={"email": "ada@example.com"},
    )
    event = last(store, order)
    assert (event.number, event.customer_id, event.total) == ("A-1", UUID(customer), Decimal("26.90"))
    assert event.discounts[0].allocation == {"tea": Decimal("2.00")}
    assert (event.shipping_address.city, event.contact.email) == ("Berlin", "ada@example.com")


def test_lines_without_an_id_are_numbered_by_their_place(client: Client, store: EventStore) -> None:
    order = placed(client, lines=[{name: value for name, value in line.items() if name != "line_id"} for line in (TEA, CUP)])
    assert [line.line_id for line in last(store, order).lines] == ["1", "2"]


def test_a_stated_total_that_differs_from_the_sum_is_recorded_and_flagged(client: Client, store: EventStore) -> None:
    order = placed(client, total="31.00")
    assert last(store, order).total == Decimal("31.00")
    assert flags(store, order) == ("total-differs-from-sum",)


def test_an_order_is_confirmed_paid_shipped_delivered_returned_and_refunded(client: Client, store: EventStore) -> None:
    order = placed(client)
    done(client, f"{order}/confirmation")
    done(client, f"{order}/payments/authorisations", {"payment_id": "p-1", "amount": "30.00", "method": "card"})
    done(client, f"{order}/payments", {"payment_id": "p-1", "amount": "30.00", "method": "card"})
    shipment = {"shipment_id": "s-1", "lines": [{"line_id": "tea", "quantity": "2"}, {"line_id": "cup", "quantity": "1"}]}
    done(client, f"{order}/shipments", shipment | {"carrier": "dhl", "tracking": "0034"})
    done(client, f"{order}/shipments/s-1/delivery-failure", {"reason": "not_home"})
    done(client, f"{order}/shipments/s-1/delivery")
    cup = {"line_id": "cup", "quantity": "1", "reason": "broken", "condition": "damaged"}
    done(client, f"{order}/return-requests", {"return_id": "r-1", "lines": [cup], "note": "It came in pieces."})
    done(client, f"{order}/returns", {"return_id": "r-1", "lines": [cup]})
    refund = {"refund_id": "f-1", "payment_id": "p-1", "return_id": "r-1", "amount": "5.00"}
    done(client, f"{order}/refunds", refund | {"lines": [{"line_id": "cup", "quantity": "1", "amount": "5.00"}]})
    accepted = done(client, f"{order}/completion")
    assert facts(store, order) == [
        "placed",
        "confirmed",
        "payment_authorised",
        "payment_captured",
        "shipped",
        "delivery_failed",
        "delivered",
        "return_requested",
        "lines_returned",
        "payment_refunded",
        "completed",
    ]
    assert accepted["version"] == 11
    assert not any(recorded.metadata.irregular for recorded in events(store, order))


def test_the_documented_examples_fit_one_order_from_placing_to_refund(client: Client, app: FastAPI, store: EventStore) -> None:
    schemas = app.openapi()["components"]["schemas"]
    example = {name: schemas[f"{name}Body"]["examples"][0] for name in STORY}
    order = client.post("/v1/orders", example.pop("Place")).headers["Location"]
    assert client.patch(order, example.pop("Amend")).status_code == 200
    done(client, f"{order}/confirmation")
    for name, body in example.items():
        done(client, f"{order}/{STORY[name]}", body)
    assert facts(store, order) == [
        "placed",
        "amended",
        "confirmed",
        "payment_captured",
        "shipped",
        "lines_returned",
        "payment_refunded",
    ]
    assert not any(recorded.metadata.irregular for recorded in events(store, order))


def test_payments_are_voided_failed_charged_back_and_reversed(client: Client, store: EventStore) -> None:
    order = confirmed(client)
    done(client, f"{order}/payments/authorisations", {"payment_id": "p-1", "amount": "30.00"})
    done(client, f"{order}/payments/p-1/void")
    done(client, f"{order}/payments/p-2/failure", {"amount": "30.00", "reason": "declined"})
    done(client, f"{order}/payments", {"payment_id": "p-3", "amount": "30.00"})
    done(client, f"{order}/payments/p-3/chargeback", {"amount": "30.00", "reason": "fraud"})
    done(client, f"{order}/payments/p-3/reversal", {"fact": "chargeback"})
    done(client, f"{order}/refunds", {"refund_id": "f-1", "amount": "1.00"})
    done(client, f"{order}/refunds/f-1/reversal", {"reason": "mistyped"})
    assert (last(store, order).fact, last(store, order).refund_id) == ("refund", "f-1")
    done(client, f"{order}/payments/p-3/reversal")
    assert (last(store, order).fact, last(store, order).payment_id) == ("capture", "p-3")
    assert facts(store, order)[2:] == [
        "payment_authorised",
        "payment_voided",
        "payment_failed",
        "payment_captured",
        "payment_charged_back",
        "payment_reversed",
        "payment_refunded",
        "payment_reversed",
        "payment_reversed",
    ]


def test_shipments_and_returns_can_be_cancelled_declined_and_reversed(client: Client, store: EventStore) -> None:
    order = confirmed(client)
    lines = [{"line_id": "cup", "quantity": "1"}]
    done(client, f"{order}/shipments", {"shipment_id": "s-1", "lines": lines})
    done(client, f"{order}/shipments/s-1/cancellation", {"reason": "wrong_parcel"})
    done(client, f"{order}/return-requests", {"return_id": "r-1", "lines": lines})
    done(client, f"{order}/return-requests/r-1/decline", {"reason": "too_late", "note": "Sorry."})
    done(client, f"{order}/returns", {"return_id": "r-2", "lines": lines})
    done(client, f"{order}/returns/r-2/reversal")
    assert facts(store, order)[2:] == [
        "shipped",
        "shipment_cancelled",
        "return_requested",
        "return_declined",
        "lines_returned",
        "return_reversed",
    ]


@pytest.mark.parametrize(
    ("path", "body", "id"),
    [
        ("payments", {"amount": "1.00"}, "payment_id"),
        ("payments/authorisations", {"amount": "1.00"}, "payment_id"),
        ("refunds", {"amount": "1.00"}, "refund_id"),
        ("shipments", {"lines": [{"line_id": "tea", "quantity": "1"}]}, "shipment_id"),
        ("returns", {"lines": [{"line_id": "tea", "quantity": "1"}]}, "return_id"),
        ("return-requests", {"lines": [{"line_id": "tea", "quantity": "1"}]}, "return_id"),
    ],
)
def test_a_missing_id_is_generated(client: Client, store: EventStore, path: str, body: Any, id: str) -> None:
    order = confirmed(client)
    done(client, f"{order}/{path}", body)
    assert UUID(getattr(last(store, order), id)).version == 7


def test_an_open_order_is_amended_and_keeps_absent_fields(client: Client, store: EventStore) -> None:
    order = placed(client, contact={"name": "Ada"})
    answer = client.patch(order, {"lines": [TEA | {"quantity": "3"}, CUP], "shipping_address": {"city": "Bonn"}})
    assert answer.status_code == 200
    amended = last(store, order)
    assert (amended.total, amended.shipping_address.city, amended.contact) == (Decimal("42.50"), "Bonn", None)


def test_some_lines_are_cancelled_after_confirmation(client: Client, store: EventStore) -> None:
    order = confirmed(client)
    done(client, f"{order}/lines/cancellation", {"lines": [{"line_id": "tea", "quantity": "1"}], "reason": "sold_out"})
    assert last(store, order).total == Decimal("17.50")


def test_an_order_is_cancelled_and_reopened(client: Client, store: EventStore) -> None:
    order = placed(client)
    done(client, f"{order}/cancellation", {"reason": "changed_mind", "note": "Called this morning."})
    done(client, f"{order}/reopening")
    done(client, f"{order}/cancellation")
    assert facts(store, order) == ["placed", "cancelled", "reopened", "cancelled"]


def test_a_guests_order_gets_its_customer(client: Client, store: EventStore) -> None:
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    order = placed(client)
    assert client.put(f"{order}/customer", {"customer_id": customer}).status_code == 200
    assert last(store, order).customer_id == UUID(customer)


def test_an_order_carries_owner_tags_attributes_external_ids_and_attachments(client: Client, store: EventStore) -> None:
    order = placed(client)
    client.put(f"{order}/assignment", {"owner": "u-1", "team": "sales"})
    client.post(f"{order}/tags", {"tags": ["rush", "gift"]})
    client.post(f"{order}/tags/removal", {"tags": ["gift"]})
    client.patch(f"{order}/attributes", {"attributes": {"weight": 1.5, "wish": "Ribbon"}})
    client.post(f"{order}/external-ids", {"system": "shop", "id": "17"})
    client.post(f"{order}/external-ids/removal", {"system": "shop", "id": "17"})
    attachment = {"id": str(UUID(int=7)), "media_type": "application/pdf", "bytes": 5, "sha256": DIGEST, "name": "Invoice"}
    client.post(f"{order}/attachments", attachment)
    assert client.delete(f"{order}/attachments/{UUID(int=7)}").status_code == 200
    assert facts(store, order)[1:] == [
        "assigned",
        "tagged",
        "untagged",
        "attributes_set",
        "external_id_linked",
        "external_id_unlinked",
        "attachment_added",
        "attachment_removed",
    ]


def test_an_event_keeps_the_time_and_the_source_of_the_request(client: Client, store: EventStore) -> None:
    order = placed(client, occurred_at="2026-05-01", occurred_zone="Asia/Shanghai", source={"system": "shop", "event_id": "e1"})
    metadata = events(store, order)[0].metadata
    assert (metadata.occurred_precision, metadata.day()) == ("day", date(2026, 5, 1))
    assert metadata.source is not None
    assert metadata.source.event_id == "e1"


@pytest.mark.parametrize("id", ["<1234.ada@mail.example>", "+49 151 1234567", "Ada Lovelace"])
def test_a_source_event_id_that_may_name_a_person_is_recorded_as_a_hmac_and_still_recognised(
    client: Client, store: EventStore, id: str
) -> None:
    order = placed(client)
    for day in ("2026-05-01", "2026-05-02"):
        done(client, f"{order}/cancellation", {"occurred_at": day, "source": {"system": "shop", "event_id": id}})
    [*_, cancelled] = events(store, order)
    assert cancelled.metadata.source is not None
    assert re.fullmatch("hmac:[0-9a-f]{64}", cancelled.metadata.source.event_id or "")
    assert [type_name(type(one.event)) for one in events(store, order)].count("crm.order.cancelled.v1") == 1


def test_a_source_event_that_was_no_news_does_not_become_news(client: Client, store: EventStore) -> None:
    order, event = placed(client), {"source": {"system": "shop", "event_id": "e7"}}
    done(client, f"{order}/tags", {"tags": ["gift"]})
    for _ in range(2):
        done(client, f"{order}/tags", {"tags": ["gift"], **event})
        done(client, f"{order}/tags/removal", {"tags": ["gift"]})
    kinds = [type_name(type(one.event)) for one in events(store, order)]
    assert kinds[-2:] == ["crm.order.tagged.v1", "crm.order.untagged.v1"]


def test_an_order_is_found_again_by_its_external_id(client: Client, store: EventStore) -> None:
    path = "/v1/orders/by/shop/1001"
    first = client.put(path, ORDER)
    assert (first.status_code, first.json()["version"]) == (201, 2)
    order = first.headers["Location"]
    again = client.put(path, ORDER)
    assert (again.status_code, again.json()["version"]) == (200, 2)
    changed = client.put(path, ORDER | {"lines": [TEA]})
    assert (changed.status_code, changed.json()["version"]) == (200, 3)
    assert facts(store, order) == ["placed", "external_id_linked", "amended"]


def test_an_order_found_by_its_external_id_gets_the_owner_and_the_customer_of_the_request(
    client: Client, store: EventStore
) -> None:
    customer = client.post("/v1/customers", {"name": "Ada"}).json()["id"]
    order = client.put("/v1/orders/by/shop/1002", ORDER).headers["Location"]
    client.put("/v1/orders/by/shop/1002", ORDER | {"customer_id": customer, "owner": "u-1"})
    assert facts(store, order)[2:] == ["customer_linked", "assigned"]


@pytest.mark.parametrize("other", [{"currency": "USD"}, {"channel": "store-3"}, {"number": "A-2"}, {"test": True}])
def test_currency_channel_number_and_test_flag_of_an_order_cannot_change(client: Client, store: EventStore, other: Any) -> None:
    path = f"/v1/orders/by/shop/{new_id()}"
    order = client.put(path, ORDER).headers["Location"]
    answer = client.put(path, ORDER | other)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/order-placed-otherwise")
    assert facts(store, order) == ["placed", "external_id_linked"]
