"""Consents of a customer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ConsentGiven, ConsentWithdrawn, ContactMethod
from domain.customers.customer.refusals import (
    ConsentEndsBeforeItBegins,
    ContactMethodGone,
    ImportedConsentWithoutEvidence,
    UnknownContactMethod,
)
from domain.shared.ids import new_id
from domain.shared.refusals import Malformed
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live

EMAIL = new_id()
NEWS = ("newsletter", "email", None)


def ada() -> Customer:
    customer = Customer(new_id())
    email = ContactMethod(method_id=EMAIL, kind="email", value="ada@example.com")
    customer.register(live(), kind="person", name="Ada", contact_methods=[email])
    return customer


def news(**more: Any) -> ConsentGiven:
    return ConsentGiven(**{"purpose": "newsletter", "channel": "email", **more})


def given(customer: Customer) -> bool:
    return customer.consents[NEWS].terms is not None


def test_a_consent_is_given_and_withdrawn() -> None:
    customer = ada()
    customer.give_consent(live(), news(evidence="ticked the box"))
    assert given(customer)
    customer.withdraw_consent(live(), "newsletter", "email")
    assert not given(customer)


def test_the_same_consent_again_records_nothing() -> None:
    customer = ada()
    customer.give_consent(live(YESTERDAY), news())
    customer.give_consent(live(YESTERDAY), news())
    customer.give_consent(live(), news())
    assert facts(customer)[1:] == [news()]


def test_the_same_consent_at_another_time_is_recorded_and_flagged() -> None:
    customer = ada()
    customer.give_consent(live(LAST_WEEK), news())
    customer.give_consent(live(YESTERDAY), news())
    assert flags(customer) == ("repeated",)


def test_different_terms_are_a_new_consent() -> None:
    customer = ada()
    customer.give_consent(live(), news(wording_version="2025-1"))
    customer.give_consent(live(), news(wording_version="2026-1"))
    assert customer.version == 3
    assert flags(customer) == ()


def test_consents_for_different_purposes_channels_and_methods_are_independent() -> None:
    customer = ada()
    customer.give_consent(live(), news())
    customer.give_consent(live(), news(channel="sms"))
    customer.give_consent(live(), news(method_id=EMAIL))
    customer.withdraw_consent(live(), "newsletter", "sms")
    assert given(customer)
    assert customer.consents["newsletter", "email", EMAIL].terms


def test_a_repeated_withdrawal_records_nothing() -> None:
    customer = ada()
    customer.give_consent(live(), news())
    customer.withdraw_consent(live(), "newsletter", "email", evidence="wrote to us")
    customer.withdraw_consent(live(), "newsletter", "email")
    assert customer.version == 3


def test_a_withdrawal_of_a_consent_that_was_never_given_is_recorded_and_flagged() -> None:
    customer = ada()
    customer.withdraw_consent(live(), "newsletter", "email")
    assert facts(customer)[1:] == [ConsentWithdrawn(purpose="newsletter", channel="email")]
    assert flags(customer) == ("consent-never-given",)


def test_an_older_consent_recorded_later_does_not_undo_a_withdrawal() -> None:
    customer = ada()
    customer.withdraw_consent(live(YESTERDAY), "newsletter", "email")
    customer.give_consent(imported(LAST_WEEK), news(evidence="form 7"))
    assert customer.version == 3
    assert not given(customer)


def test_an_imported_consent_without_evidence_is_refused() -> None:
    with pytest.raises(ImportedConsentWithoutEvidence):
        ada().give_consent(imported(), news())


def test_an_imported_withdrawal_needs_no_evidence() -> None:
    customer = ada()
    customer.withdraw_consent(imported(), "newsletter", "email")
    assert not given(customer)


def test_a_consent_that_ends_before_it_begins_is_refused_live_and_flagged_on_import() -> None:
    customer = ada()
    ended = news(expires=LAST_WEEK, evidence="form 7")
    with pytest.raises(ConsentEndsBeforeItBegins):
        customer.give_consent(live(), ended)
    customer.give_consent(imported(), ended)
    assert flags(customer) == ("consent-ends-before-it-begins",)


def test_a_consent_can_expire() -> None:
    customer = ada()
    customer.give_consent(live(), news(expires=NOW + timedelta(days=365)))
    assert given(customer)


def test_a_consent_for_a_method_the_customer_never_had_is_refused() -> None:
    with pytest.raises(UnknownContactMethod):
        ada().give_consent(live(), news(method_id=new_id()))


def test_a_consent_for_a_removed_method_is_refused_live_and_flagged_on_import() -> None:
    customer = ada()
    customer.remove_contact_method(live(), EMAIL)
    with pytest.raises(ContactMethodGone):
        customer.give_consent(live(), news(method_id=EMAIL))
    customer.give_consent(imported(), news(method_id=EMAIL, evidence="form 7"))
    assert flags(customer) == ("contact-method-gone",)


def test_a_consent_for_a_removed_method_can_be_withdrawn() -> None:
    customer = ada()
    customer.give_consent(live(), news(method_id=EMAIL))
    customer.remove_contact_method(live(), EMAIL)
    customer.withdraw_consent(live(), "newsletter", "email", EMAIL)
    assert customer.consents["newsletter", "email", EMAIL].terms is None


def test_a_bounce_does_not_withdraw_a_consent() -> None:
    customer = ada()
    customer.give_consent(live(), news())
    customer.mark_undeliverable(live(), EMAIL, "hard")
    assert given(customer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "news for Ada"},
        {"channel": ""},
        {"legal_basis": "hope"},
        {"opt_in": "triple"},
        {"evidence": " "},
        {"source": "a form"},
        {"expires": NOW.replace(tzinfo=None)},
    ],
)
def test_a_malformed_consent_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        ada().give_consent(live(), news(**wrong))
