"""Leads: capture, stages, conversion or loss, and erasure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.sales.lead.events import Captured, Contact, Converted, Erased
from domain.sales.lead.lead import Lead
from domain.sales.lead.refusals import (
    BEFORE_CAPTURE,
    LeadBeforeCapture,
    LeadCapturedOtherwise,
    LeadConvertedOtherwise,
    LeadEnded,
    LeadErased,
    LeadNotEnded,
    LeadOfCustomer,
)
from domain.shared.erasure import ImportMayNotErase
from domain.shared.personal import without_personal
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import facts, flags, imported, live, state, stored
from tests.domain.sales.given_leads import BEGUN, EARLIER, LATER, LEAD, MUCH_LATER, capture, captured, conversion, converted
from tests.domain.sales.given_orders import CUSTOMER, ORDER, OTHER_CUSTOMER

ERASURE: dict[str, Any] = {"reason": "requested", "requested_by": "customer", "receipt": "DSR-7"}


def names(lead: Lead) -> list[str]:
    return [type(event).__name__ for event in facts(lead)]


# Capture


def test_the_subject_of_a_lead_is_its_customer_or_else_itself() -> None:
    assert captured().subject == LEAD
    assert captured(customer_id=CUSTOMER, contact=None).subject == CUSTOMER


def test_a_missing_origin_is_not_the_origin_unknown() -> None:
    assert [captured(origin=origin).captured.origin for origin in (None, "unknown")] == [None, "unknown"]  # type: ignore[union-attr]


def test_the_contact_of_a_lead_is_personal() -> None:
    event = captured(value=Decimal(500), currency="EUR").captured
    assert event is not None
    assert without_personal(event) == Captured(number="L-1", channel="social", value=Decimal("500.00"), currency="EUR")


def test_capturing_again_with_the_same_values_records_nothing_and_other_values_are_refused() -> None:
    lead = captured()
    capture(lead)
    assert names(lead) == ["Captured"]
    with pytest.raises(LeadCapturedOtherwise):
        capture(lead, channel="phone")


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "a sentence"},
        {"origin": "a sentence"},
        {"value": Decimal(5)},
        {"currency": "EUR"},
        {"value": Decimal(-5), "currency": "EUR"},
        {"contact": Contact(name="\x00")},
        {"number": " "},
    ],
)
def test_an_invalid_lead_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        captured(**wrong)


# Stages


def test_a_lead_moves_from_stage_to_stage_and_is_qualified() -> None:
    lead = captured()
    lead.change_stage(live(), "contacted")
    lead.change_stage(live(), "contacted")
    lead.qualify(live())
    lead.qualify(live())
    assert names(lead) == ["Captured", "StageChanged", "Qualified"]


def test_a_repeated_status_at_another_time_is_recorded_and_flagged() -> None:
    lead = captured()
    lead.qualify(live(LATER))
    lead.qualify(live(LATER))
    lead.qualify(live(MUCH_LATER))
    assert names(lead) == ["Captured", "Qualified", "Qualified"]
    assert flags(lead) == ("repeated",)


def test_decisions_before_the_capture_are_refused_live_and_flagged_on_import() -> None:
    lead = captured()
    with pytest.raises(LeadBeforeCapture):
        lead.qualify(live(EARLIER))
    lead.qualify(imported(EARLIER))
    assert flags(lead) == ("lead-before-capture",)


# Conversion and loss


def test_a_conversion_concerns_the_customer_and_is_erased_with_them() -> None:
    lead = converted(order_id=ORDER)
    event = facts(lead)[-1]
    assert (event.concerns(), event.erased_with(), lead.subject) == ((CUSTOMER,), (CUSTOMER,), LEAD)
    assert (lead.ended, lead.customer_id) == ("converted", CUSTOMER)


def test_the_same_conversion_again_records_nothing_and_another_one_is_refused() -> None:
    lead = converted()
    lead.convert(live(LATER), conversion())
    lead.convert(live(), conversion())
    assert lead.version == 2
    with pytest.raises(LeadConvertedOtherwise):
        lead.convert(live(), conversion(customer_id=OTHER_CUSTOMER))


def test_a_conversion_before_the_capture_is_recorded_and_flagged() -> None:
    for context in (live(EARLIER), imported(EARLIER)):
        lead = captured()
        lead.convert(context, conversion())
        assert flags(lead) == (BEFORE_CAPTURE,)


def test_a_fact_known_only_by_its_day_is_not_before_an_hour_of_that_day() -> None:
    lead = captured(context=live(BEGUN))
    lead.convert(live(BEGUN.replace(hour=0, minute=0), occurred_precision="day"), conversion())
    assert flags(lead) == ()


@pytest.mark.parametrize("decision", ["qualify", "lose"])
def test_an_ended_lead_must_be_reopened_before_it_can_change(decision: str) -> None:
    lead = converted()
    with pytest.raises(LeadEnded):
        getattr(lead, decision)(live())
    getattr(lead, decision)(imported())
    assert flags(lead) == ("lead-ended",)


def test_a_lead_that_was_lost_is_reopened_and_converted() -> None:
    lead = captured()
    lead.lose(live(), reason="no_answer")
    with pytest.raises(LeadEnded):
        lead.convert(live(), conversion())
    lead.reopen(live())
    lead.reopen(live())
    lead.convert(live(), conversion())
    assert names(lead) == ["Captured", "Lost", "Reopened", "Converted"]


def test_an_open_lead_cannot_be_reopened() -> None:
    with pytest.raises(LeadNotEnded):
        captured().reopen(live())


def test_a_reopened_conversion_can_be_recorded_again() -> None:
    lead = converted()
    lead.reopen(live(), reason="mistake")
    lead.convert(live(), conversion(customer_id=OTHER_CUSTOMER, value=None, currency=None))
    assert facts(lead)[-1] == Converted(customer_id=OTHER_CUSTOMER)


# Erasure


def test_an_erased_lead_has_no_personal_state_and_cannot_change() -> None:
    lead = captured()
    lead.link_external_id(live(), "ads", "7")
    lead.set_attributes(live(), {"wish": "tea"})
    lead.erase(live(), **ERASURE)
    lead.erase(live(), **ERASURE)
    assert facts(lead)[-1] == Erased(reason="requested", requested_by="customer", receipt="DSR-7")
    assert (facts(lead)[-1].erases(), lead.external_ids, lead.attributes) == (True, set(), {})
    assert lead.captured is not None
    assert lead.captured.contact is None
    with pytest.raises(LeadErased):
        lead.qualify(live())


def test_a_lead_of_a_customer_is_erased_only_with_the_customer() -> None:
    with pytest.raises(LeadOfCustomer):
        captured(customer_id=CUSTOMER).erase(live(), **ERASURE)


def test_an_imported_erasure_an_unknown_lead_and_an_unknown_reason_are_refused() -> None:
    with pytest.raises(ImportMayNotErase):
        captured().erase(imported(), **ERASURE)
    with pytest.raises(NotThere):
        Lead(LEAD).erase(live(), **ERASURE)
    with pytest.raises(Malformed):
        captured().erase(live(), **ERASURE | {"reason": "because"})


def test_a_replay_gives_the_same_lead() -> None:
    lead = converted()
    lead.reopen(live())
    lead.change_stage(live(), "contacted")
    lead.erase(live(), **ERASURE)
    assert state(stored(lead)) == state(lead)
