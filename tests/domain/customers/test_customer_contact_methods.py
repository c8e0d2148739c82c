"""Contact methods of a customer: values, verification, deliverability."""

from __future__ import annotations

from typing import Any

import pytest

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import (
    ContactMethod,
    ContactMethodAdded,
    ContactMethodRemoved,
    ContactMethodRestored,
    ContactMethodUndeliverable,
    ContactMethodVerified,
)
from domain.customers.customer.refusals import (
    ContactMethodAlreadyThere,
    NeitherNameNorContact,
    TooManyContactMethods,
    UnknownContactMethod,
)
from domain.shared.ids import new_id
from tests.domain.given import LAST_WEEK, YESTERDAY, facts, flags, live

EMAIL = new_id()
PHONE = new_id()


def ada(name: str | None = "Ada") -> Customer:
    customer = Customer(new_id())
    email = ContactMethod(method_id=EMAIL, kind="email", primary=True, value="ada@example.com")
    customer.register(live(), kind="person", name=name, contact_methods=[email])
    return customer


def phone(value: str = "+442079460000", **more: Any) -> ContactMethod:
    return ContactMethod(method_id=PHONE, kind="phone", value=value, **more)


def test_a_method_is_added_in_its_normalised_form() -> None:
    customer = ada()
    customer.add_contact_method(live(), phone("020 7946 0000", label="work"), region="GB")
    assert facts(customer)[1:] == [ContactMethodAdded(method_id=PHONE, kind="phone", label="work", value="+442079460000")]


def test_a_value_the_customer_already_has_records_nothing() -> None:
    customer = ada()
    customer.add_contact_method(live(), ContactMethod(method_id=new_id(), kind="email", value="Ada@Example.com"))
    assert customer.version == 1


def test_the_value_of_a_method_id_never_changes() -> None:
    with pytest.raises(ContactMethodAlreadyThere):
        ada().add_contact_method(live(), ContactMethod(method_id=EMAIL, kind="email", value="bob@example.com"))


def test_a_new_primary_method_replaces_the_old_one() -> None:
    customer = ada()
    customer.add_contact_method(
        live(), ContactMethod(method_id=new_id(), kind="email", primary=True, value="countess@example.com")
    )
    customer.add_contact_method(live(), phone(primary=True))
    assert [method.value for method in customer.present_methods() if method.primary] == [
        "countess@example.com",
        "+442079460000",
    ]


def test_a_kind_has_no_primary_method_from_its_removal_until_another_is_added() -> None:
    customer = ada()
    customer.remove_contact_method(live(), EMAIL)
    assert not any(method.primary for method in customer.present_methods())
    customer.add_contact_method(live(), ContactMethod(method_id=new_id(), kind="email", primary=True, value="b@example.com"))
    assert [method.value for method in customer.present_methods() if method.primary] == ["b@example.com"]


def test_a_method_is_removed_once() -> None:
    customer = ada()
    customer.remove_contact_method(live(), EMAIL)
    customer.remove_contact_method(live(), EMAIL)
    assert facts(customer)[1:] == [ContactMethodRemoved(method_id=EMAIL)]


def test_a_removed_method_can_be_added_again() -> None:
    customer = ada()
    customer.remove_contact_method(live(), EMAIL)
    customer.add_contact_method(live(), ContactMethod(method_id=EMAIL, kind="email", value="ada@example.com"))
    assert [method.method_id for method in customer.present_methods()] == [EMAIL]


def test_the_last_method_of_a_customer_without_a_name_cannot_be_removed() -> None:
    with pytest.raises(NeitherNameNorContact):
        ada(name=None).remove_contact_method(live(), EMAIL)


def test_a_customer_can_have_at_most_fifty_methods() -> None:
    customer = ada()
    for number in range(49):
        customer.add_contact_method(live(), ContactMethod(method_id=new_id(), kind="email", value=f"ada{number}@example.com"))
    with pytest.raises(TooManyContactMethods):
        customer.add_contact_method(live(), phone())


@pytest.mark.parametrize(
    ("decision", "more"),
    [
        ("verify_contact_method", {}),
        ("remove_contact_method", {}),
        ("mark_undeliverable", {"bounce": "soft"}),
        ("restore_contact_method", {}),
    ],
)
def test_a_method_the_customer_never_had_is_refused(decision: str, more: dict[str, Any]) -> None:
    with pytest.raises(UnknownContactMethod):
        getattr(ada(), decision)(live(), new_id(), **more)


def test_a_method_is_verified_once() -> None:
    customer = ada()
    customer.verify_contact_method(live(LAST_WEEK), EMAIL)
    customer.verify_contact_method(live(), EMAIL)
    assert facts(customer)[1:] == [ContactMethodVerified(method_id=EMAIL)]


def test_a_verification_at_another_time_is_recorded_and_flagged() -> None:
    customer = ada()
    customer.verify_contact_method(live(LAST_WEEK), EMAIL)
    customer.verify_contact_method(live(YESTERDAY), EMAIL)
    customer.verify_contact_method(live(LAST_WEEK), EMAIL)
    assert customer.version == 3
    assert flags(customer) == ("repeated",)


def test_a_soft_bounce_can_become_a_hard_one() -> None:
    customer = ada()
    customer.mark_undeliverable(live(), EMAIL, "soft")
    customer.mark_undeliverable(live(), EMAIL, "soft")
    customer.mark_undeliverable(live(), EMAIL, "hard")
    assert facts(customer)[1:] == [
        ContactMethodUndeliverable(method_id=EMAIL, bounce="soft"),
        ContactMethodUndeliverable(method_id=EMAIL, bounce="hard"),
    ]


def test_an_undeliverable_method_is_restored() -> None:
    customer = ada()
    customer.restore_contact_method(live(), EMAIL)
    customer.mark_undeliverable(live(), EMAIL, "hard")
    customer.restore_contact_method(live(), EMAIL)
    customer.restore_contact_method(live(), EMAIL)
    assert facts(customer)[2:] == [ContactMethodRestored(method_id=EMAIL)]


def test_a_bounce_of_a_removed_method_is_recorded_and_flagged() -> None:
    customer = ada()
    customer.remove_contact_method(live(), EMAIL)
    customer.mark_undeliverable(live(), EMAIL, "hard")
    assert flags(customer) == ("contact-method-gone",)


def test_a_bounce_does_not_change_consent() -> None:
    customer = ada()
    customer.mark_undeliverable(live(), EMAIL, "hard")
    assert customer.consents == {}
