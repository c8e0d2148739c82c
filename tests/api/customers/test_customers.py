"""Customers over HTTP: every command, and the customer after it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import ADA, ERASURE, head, registered, seen
from tests.api.sales.given_orders import done, placed

PATH = "/v1/customers/by/shop/17"
CONSENT = {"purpose": "newsletter", "channel": "email"}


def version(client: Client, path: str) -> int:
    return int(seen(client, path)["version"])


def method_of(client: Client, customer: str) -> str:
    """The path of the customer's first contact method."""
    return f"{customer}/contact-methods/{seen(client, customer)['contact_methods'][0]['method_id']}"


def test_a_customer_is_registered_with_all_fields_of_the_request(client: Client) -> None:
    about = {
        "kind": "organisation",
        "name": "  Ada & Co ",
        "contact_methods": [
            {"kind": "email", "value": "Ada@Example.COM", "label": "office", "primary": True},
            {"kind": "phone", "value": "030 901820"},
        ],
        "region": "DE",
        "address": {"lines": ["Hauptstr. 1"], "city": "Berlin", "country": "DE"},
        "acquisition": {"channel": "web", "utm": {"campaign": "spring"}},
        "owner": "u-1",
        "team": "north",
        "language": "de-DE",
        "time_zone": "Europe/Berlin",
        "attributes": {"income": 58138, "vip": True, "wish": "Tee"},
    }
    answer = client.post("/v1/customers", about)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    customer = seen(client, answer.headers["Location"])
    assert customer["id"] == answer.json()["id"]
    assert (customer["kind"], customer["name"], customer["owner"], customer["team"]) == (
        "organisation",
        "Ada & Co",
        "u-1",
        "north",
    )
    assert [method["value"] for method in customer["contact_methods"]] == ["Ada@example.com", "+4930901820"]
    assert customer["address"] == {"lines": ["Hauptstr. 1"], "city": "Berlin", "country": "DE"}
    assert (customer["source_channel"], customer["source"]["utm"]) == ("web", {"campaign": "spring"})
    assert customer["attributes"] == {"income": 58138, "vip": True, "wish": "Tee"}
    assert (customer["archived"], customer["erased_at"], customer["money"]) == (False, None, {})


def test_a_customer_needs_a_name_or_a_contact_method(client: Client) -> None:
    answer = client.post("/v1/customers", {"attributes": {"n": 1}})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/neither-name-nor-contact")


@on_both_engines
def test_a_customer_of_another_system_is_created_once_and_then_changed(client: Client) -> None:
    made = client.put(PATH, ADA)
    assert (made.status_code, made.json()["version"]) == (201, 2)
    again = client.put(PATH, ADA)
    assert (again.status_code, again.json()["version"]) == (200, 2)
    changed = client.put(PATH, ADA | {"name": "Ada Lovelace"})
    assert (changed.status_code, changed.json()["id"], changed.json()["version"]) == (200, made.json()["id"], 3)
    customer = seen(client, PATH)
    assert (customer["name"], customer["external_ids"]) == ("Ada Lovelace", [{"system": "shop", "id": "17"}])
    assert len(customer["contact_methods"]) == 1


def test_fields_that_another_system_does_not_send_stay(client: Client) -> None:
    client.put(PATH, ADA | {"owner": "u-1", "kind": "organisation", "attributes": {"a": 1}})
    client.put(PATH, {"attributes": {"b": 2}})
    customer = seen(client, PATH)
    assert (customer["name"], customer["owner"], customer["kind"]) == ("Ada", "u-1", "organisation")
    assert customer["attributes"] == {"a": 1, "b": 2}


def test_two_systems_may_use_the_same_id_for_different_customers(client: Client) -> None:
    ids = {client.put(f"/v1/customers/by/{system}/17", ADA).json()["id"] for system in ("shop", "erp")}
    assert len(ids) == 2


def test_a_merge_patch_changes_its_fields_and_clears_those_that_are_null(client: Client) -> None:
    customer = registered(client, language="de", time_zone="Europe/Berlin", address={"city": "Berlin"})
    answer = client.patch(customer, {"name": "Ada L.", "language": None, "address": {"country": "DE"}})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    after = seen(client, customer)
    assert (after["name"], after["language"], after["time_zone"]) == ("Ada L.", None, "Europe/Berlin")
    assert after["address"] == {"city": "Berlin", "country": "DE"}


def test_a_merge_patch_changes_single_fields_of_the_address(client: Client) -> None:
    customer = registered(client, address={"lines": ["Hauptstr. 1"], "city": "Berlin", "country": "DE"})
    assert client.patch(customer, {"address": {"city": "Bonn", "country": None}}).status_code == 200
    assert seen(client, customer)["address"] == {"lines": ["Hauptstr. 1"], "city": "Bonn"}
    assert client.patch(customer, {"address": {"city": "Bonn"}}).json()["version"] == 2
    assert client.patch(customer, {"address": None}).status_code == 200
    assert seen(client, customer)["address"] is None


def test_a_patch_that_changes_nothing_records_nothing(client: Client) -> None:
    customer = registered(client)
    assert client.patch(customer, {"name": "Ada"}).json()["version"] == 1
    assert client.patch(customer, {}).json()["version"] == 1


def test_a_name_may_be_cleared_only_while_there_is_a_contact_method(client: Client) -> None:
    customer = registered(client)
    assert client.patch(customer, {"name": None}).status_code == 200
    assert client.delete(method_of(client, customer)).json()["type"] == "/problems/neither-name-nor-contact"


def test_contact_methods_are_added_verified_bounced_restored_and_removed(client: Client) -> None:
    customer = registered(client)
    done(client, f"{customer}/contact-methods", {"kind": "phone", "value": "030 901820", "region": "DE", "label": "work"})
    method = method_of(client, customer)
    done(client, f"{method}/verification")
    done(client, f"{method}/undeliverable", {"bounce": "hard"})
    first, second = seen(client, customer)["contact_methods"]
    assert first["verified_at"] is not None
    assert first["undeliverable"] == "hard"
    assert (second["value"], second["label"]) == ("+4930901820", "work")
    done(client, f"{method}/restoration")
    assert seen(client, customer)["contact_methods"][0]["undeliverable"] is None
    assert client.delete(method).status_code == 200
    assert [left["kind"] for left in seen(client, customer)["contact_methods"]] == ["phone"]


def test_an_unknown_contact_method_is_not_found(client: Client) -> None:
    method = f"{registered(client)}/contact-methods/{uuid4()}"
    for answer in (client.delete(method), client.post(f"{method}/verification"), client.post(f"{method}/restoration")):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-contact-method")


@pytest.mark.parametrize(
    ("method", "rule"),
    [
        ({"kind": "email", "value": "ada"}, "malformed-email"),
        ({"kind": "phone", "value": "030 901820"}, "malformed-phone"),
        ({"kind": "web", "value": "  "}, "malformed"),
    ],
)
def test_an_invalid_contact_value_is_refused_and_not_repeated_in_the_answer(client: Client, method: Any, rule: str) -> None:
    answer = client.post(f"{registered(client)}/contact-methods", method)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{rule}")
    assert method["value"] == "  " or method["value"] not in answer.text


def test_consent_is_given_with_its_terms_and_withdrawn(client: Client) -> None:
    customer = registered(client)
    terms = {
        "legal_basis": "consent",
        "opt_in": "confirmed",
        "wording_version": "2026-01",
        "given_through": "web_form",
        "expires": "2999-01-01T00:00:00+08:00",
        "evidence": "Form 7, 10.0.0.1",
    }
    done(client, f"{customer}/consents", CONSENT | terms)
    (given,) = seen(client, customer)["consents"]
    assert given.items() >= CONSENT.items()
    assert given["expires"] == "2998-12-31T16:00:00Z"
    done(client, f"{customer}/consents", CONSENT | terms)
    assert version(client, customer) == 2
    done(client, f"{customer}/consents/withdrawal", CONSENT | {"withdrawn_through": "link"})
    (withdrawn,) = seen(client, customer)["consents"]
    assert withdrawn != given


def test_a_consent_that_ends_before_it_begins_is_refused(client: Client) -> None:
    answer = client.post(f"{registered(client)}/consents", CONSENT | {"expires": "2020-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/consent-ends-before-it-begins")


def test_a_customer_has_an_owner_tags_attributes_and_ids(client: Client) -> None:
    customer = registered(client)
    assert client.put(f"{customer}/assignment", {"owner": "u-2", "team": None}).status_code == 200
    done(client, f"{customer}/tags", {"tags": ["vip", "tea"]})
    done(client, f"{customer}/tags/removal", {"tags": ["vip"]})
    assert client.patch(f"{customer}/attributes", {"attributes": {"a": 1, "b": "x"}}).status_code == 200
    assert client.patch(f"{customer}/attributes", {"attributes": {"a": None, "c": 1.5}}).status_code == 200
    done(client, f"{customer}/external-ids", {"system": "erp", "id": "K-1"})
    done(client, f"{customer}/external-ids", {"system": "crm", "id": "9"})
    done(client, f"{customer}/external-ids/removal", {"system": "crm", "id": "9"})
    done(client, f"{customer}/anonymous-ids", {"anonymous_id": "visitor-1"})
    after = seen(client, customer)
    assert (after["owner"], after["team"], after["tags"]) == ("u-2", None, ["tea"])
    assert after["attributes"] == {"b": "x", "c": 1.5}
    assert (after["external_ids"], after["anonymous_ids"]) == ([{"system": "erp", "id": "K-1"}], ["visitor-1"])


def test_a_file_is_attached_by_reference_and_detached(client: Client) -> None:
    customer = registered(client)
    file = {"id": str(UUID(int=7)), "media_type": "application/pdf", "bytes": 5, "sha256": "ab" * 32, "name": "Contract"}
    done(client, f"{customer}/attachments", file)
    assert done(client, f"{customer}/attachments", file)["version"] == 2
    assert client.delete(f"{customer}/attachments/{file['id']}").json()["version"] == 3


def test_a_customer_is_archived_and_restored(client: Client) -> None:
    customer = registered(client)
    done(client, f"{customer}/archival")
    assert seen(client, customer)["archived"] is True
    assert done(client, f"{customer}/archival")["version"] == 2
    done(client, f"{customer}/restoration")
    assert seen(client, customer)["archived"] is False


@on_both_engines
def test_an_erased_customer_is_purged_and_stays_purged(client: Client, key_for: KeyFor) -> None:
    customer = client.put(PATH, ADA | {"attributes": {"wish": "Tea"}}).headers["Location"]
    order = placed(client, customer_id=customer.rsplit("/", 1)[-1], shipping_address={"city": "Berlin"})
    erased = client.post(f"{customer}/erasure", ERASURE)
    assert erased.status_code == 200
    after = seen(client, customer)
    own = {"id", "version", "position", "erased_at", "merged_into"}
    assert after.keys() == {*own, "merged_ids", "money", "tickets", "last_interaction", "last_feedback", "segments"}
    assert after["erased_at"] is not None
    assert seen(client, "/v1/customers")["items"] == []
    assert seen(client, "/v1/customers", q="ada")["items"] == []
    assert seen(client, order)["private"] is None
    assert client.get(customer, headers=key_for("analyst")).json().keys() == after.keys()
    assert client.post(f"{customer}/erasure", ERASURE).json()["version"] == erased.json()["version"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"name": "Ada"}),
        ("POST", "/contact-methods", {"kind": "web", "value": "https://ada.example"}),
        ("POST", "/consents", CONSENT),
        ("POST", "/tags", {"tags": ["vip"]}),
        ("POST", "/archival", None),
        ("PATCH", "/attributes", {"attributes": {"a": 1}}),
    ],
)
def test_nothing_is_recorded_on_an_erased_customer(client: Client, method: str, path: str, body: Any) -> None:
    customer = registered(client)
    client.post(f"{customer}/erasure", ERASURE)
    before = head(client)
    answer = client.request(method, f"{customer}{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/customer-erased")
    assert head(client) == before


def test_an_erased_customer_is_not_created_again_with_the_same_id(client: Client) -> None:
    customer = client.put(PATH, ADA).headers["Location"]
    client.post(f"{customer}/erasure", ERASURE)
    answer = client.put(PATH, ADA)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/customer-erased")


def test_the_same_idempotency_key_returns_the_first_answer_again(client: Client) -> None:
    first, again = (client.post("/v1/customers", ADA, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.headers["Location"] == again.headers["Location"]
    assert len(seen(client, "/v1/customers")["items"]) == 1
