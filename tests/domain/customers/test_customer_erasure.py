"""A customer is erased permanently."""

from __future__ import annotations

from typing import Any

import pytest

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ContactMethod, Erased
from domain.customers.customer.refusals import CustomerErased
from domain.shared.contact import Address
from domain.shared.erasure import ImportMayNotErase
from domain.shared.ids import new_id
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import YESTERDAY, facts, imported, live, state, stored

PARIS = Address(city="Paris", country="FR")
ERASURE: dict[str, Any] = {"reason": "requested", "requested_by": "customer", "receipt": "DSR-7"}


def method() -> ContactMethod:
    return ContactMethod(method_id=new_id(), kind="email", value="ada@example.com")


def ada(**more: Any) -> Customer:
    customer = Customer(new_id())
    customer.register(live(), kind="person", name="Ada", **more)
    return customer


def test_an_erased_customer_has_no_personal_state() -> None:
    customer = ada(contact_methods=[method()], address=PARIS, attributes={"notes": "tea"})
    customer.link_external_id(live(), "shop", "7")
    customer.link_anonymous_id(live(), "visitor-1")
    customer.erase(live(), **ERASURE)
    assert customer.erased
    kept = state(customer)
    assert not any(kept[field] for field in ("details", "methods", "consents", "attributes", "external_ids", "anonymous_ids"))
    assert customer.registration is None
    assert (customer.exists, customer.version) == (True, 4)


def test_only_the_erasure_destroys_the_key() -> None:
    customer = ada()
    customer.erase(live(), **ERASURE)
    assert [event.erases() for event in facts(customer)] == [False, True]


def test_a_second_erasure_records_nothing() -> None:
    customer = ada()
    customer.erase(live(), **ERASURE)
    customer.erase(live(YESTERDAY), reason="unlawful", requested_by="authority", receipt="DSR-8")
    assert facts(customer)[1:] == [Erased(reason="requested", requested_by="customer", receipt="DSR-7")]


def test_an_import_cannot_erase_a_customer() -> None:
    with pytest.raises(ImportMayNotErase):
        ada().erase(imported(), **ERASURE)


def test_a_customer_who_was_never_registered_cannot_be_erased() -> None:
    with pytest.raises(NotThere):
        Customer(new_id()).erase(live(), **ERASURE)


@pytest.mark.parametrize("wrong", [{"reason": "because"}, {"requested_by": "Ada"}, {"receipt": "ask Ada Lovelace"}])
def test_the_proof_of_erasure_contains_only_codes(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        ada().erase(live(), **{**ERASURE, **wrong})


@pytest.mark.parametrize(
    ("decision", "arguments"),
    [
        ("register", {"kind": "person", "name": "Ada"}),
        ("change_details", {}),
        ("add_contact_method", {"method": method()}),
        ("verify_contact_method", {"method_id": new_id()}),
        ("remove_contact_method", {"method_id": new_id()}),
        ("mark_undeliverable", {"method_id": new_id(), "bounce": "hard"}),
        ("restore_contact_method", {"method_id": new_id()}),
        ("withdraw_consent", {"purpose": "news", "channel": "email"}),
        ("link_anonymous_id", {"anonymous_id": "visitor-1"}),
        ("archive", {}),
        ("restore", {}),
        ("assign", {"owner": None, "team": None}),
        ("tag", {"tags": ()}),
        ("untag", {"tags": ()}),
        ("set_attributes", {"attributes": {}}),
        ("link_external_id", {"system": "shop", "id": "7"}),
        ("unlink_external_id", {"system": "shop", "id": "7"}),
        ("detach", {"attachment_id": new_id()}),
    ],
)
def test_every_decision_on_an_erased_customer_is_refused(decision: str, arguments: dict[str, Any]) -> None:
    customer = ada()
    customer.erase(live(), **ERASURE)
    with pytest.raises(CustomerErased):
        getattr(customer, decision)(live(), **arguments)


def test_an_erased_customer_cannot_be_referred_to() -> None:
    customer = ada()
    customer.erase(live(), **ERASURE)
    with pytest.raises(CustomerErased):
        customer.require()


def test_the_stream_of_an_erased_customer_still_loads() -> None:
    customer = ada(contact_methods=[method()])
    customer.erase(live(), **ERASURE)
    assert state(stored(customer)) == state(customer)
