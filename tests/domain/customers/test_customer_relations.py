"""A customer's relations to other customers: what is recorded, flagged and refused, and what is a repeat."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from domain.customers.customer.customer import Customer
from domain.customers.customer.refusals import (
    CustomerErased,
    CustomerMerged,
    RelatedToThemselves,
    RelationAlreadyThere,
    RelationEndsBeforeItBegins,
    TooManyRelations,
    UnknownRelation,
)
from domain.customers.customer.relation_events import RelationAdded, RelationEnded
from domain.customers.customer.relations import RELATION_LIMIT
from domain.shared.ids import derived_id
from domain.shared.refusals import Malformed, NotThere
from tests.domain.given import LAST_WEEK, YESTERDAY, facts, flags, imported, live, stored

ADA, ACME, OTHER = (derived_id("customer", name) for name in ("ada", "acme", "other"))
JOB = RelationAdded(relation_id=derived_id("job"), other=ACME, role="employee", since=date(2024, 5, 1), title="Buyer")


def ada() -> Customer:
    customer = Customer(ADA)
    customer.register(live(), kind="person", name="Ada")
    return customer


def employed(**more: Any) -> Customer:
    customer = ada()
    customer.add_relation(live(), replace(JOB, **more))
    return customer


def test_a_relation_concerns_both_customers_but_they_are_erased_separately() -> None:
    customer = employed(title="  Buyer ")
    customer.end_relation(live(), JOB.relation_id, date(2025, 1, 1))
    added, ended = facts(customer)[-2:]
    assert added == JOB
    assert ended == RelationEnded(relation_id=JOB.relation_id, other=ACME, role="employee", until=date(2025, 1, 1))
    for event, metadata in customer.pending[-2:]:
        assert (metadata.subject, metadata.concerns) == (ADA, (ACME,))
        assert (event.erased_with(), event.parted_from()) == ((), ())


def test_the_same_relation_again_records_nothing_under_any_id() -> None:
    customer = employed()
    customer.add_relation(live(), JOB)
    customer.add_relation(imported(), replace(JOB, relation_id=derived_id("again")))
    assert len(facts(customer)) == 2


def test_a_relation_with_another_title_is_another_relation() -> None:
    customer = employed()
    customer.add_relation(live(), replace(JOB, relation_id=derived_id("second"), title="Director"))
    assert len(facts(customer)) == 3
    with pytest.raises(RelationAlreadyThere):
        customer.add_relation(live(), replace(JOB, title="Director"))


def test_an_ended_relation_can_be_added_again() -> None:
    customer = employed()
    customer.end_relation(live(), JOB.relation_id, date(2025, 1, 1))
    customer.add_relation(live(), replace(JOB, relation_id=derived_id("again")))
    assert [type(event) for event in facts(customer)[2:]] == [RelationEnded, RelationAdded]


def test_an_end_is_recorded_once_except_at_another_time_or_on_another_day() -> None:
    customer = employed()
    for _ in range(2):
        customer.end_relation(live(LAST_WEEK), JOB.relation_id, date(2025, 1, 1))
    customer.end_relation(live(), JOB.relation_id, date(2025, 1, 1))
    assert len(facts(customer)) == 3
    customer.end_relation(live(YESTERDAY), JOB.relation_id, date(2025, 1, 1))
    assert flags(customer) == ("repeated",)
    customer.end_relation(live(), JOB.relation_id, date(2025, 2, 1))
    assert (len(facts(customer)), flags(customer)) == (5, ())


def test_an_end_before_the_beginning_is_refused_live_and_flagged_on_import() -> None:
    customer = employed()
    with pytest.raises(RelationEndsBeforeItBegins):
        customer.end_relation(live(), JOB.relation_id, date(2024, 4, 30))
    customer.end_relation(imported(), JOB.relation_id, date(2024, 4, 30))
    assert flags(customer) == ("relation-ends-before-it-begins",)


def test_invalid_relations_are_refused() -> None:
    customer = employed()
    with pytest.raises(RelatedToThemselves):
        customer.add_relation(imported(), replace(JOB, other=ADA))
    with pytest.raises(UnknownRelation):
        customer.end_relation(imported(), OTHER, date(2025, 1, 1))
    with pytest.raises(NotThere):
        Customer(OTHER).add_relation(live(), JOB)
    for wrong in ({"role": "owner"}, {"title": " "}):
        with pytest.raises(Malformed):
            customer.add_relation(live(), replace(JOB, **wrong))


def test_the_number_of_relations_is_limited() -> None:
    customer = ada()
    for number in range(RELATION_LIMIT):
        customer.add_relation(live(), replace(JOB, relation_id=derived_id("job", str(number)), title=f"Title {number}"))
    with pytest.raises(TooManyRelations):
        customer.add_relation(live(), JOB)
    customer.end_relation(live(), derived_id("job", "0"), date(2025, 1, 1))
    customer.add_relation(live(), JOB)


def test_a_relation_of_a_merged_customer_can_end_but_none_can_be_added() -> None:
    customer = employed()
    customer.merge_into(live(), OTHER)
    with pytest.raises(CustomerMerged):
        customer.add_relation(live(), replace(JOB, relation_id=OTHER, role="partner"))
    customer.end_relation(live(), JOB.relation_id, date(2025, 1, 1))
    assert isinstance(facts(customer)[-1], RelationEnded)


def test_an_erased_customer_has_no_relations() -> None:
    customer = employed()
    customer.erase(live(), reason="requested", requested_by="customer", receipt="R-1")
    assert (customer.relations, stored(customer).relations) == ({}, {})
    with pytest.raises(CustomerErased):
        customer.add_relation(live(), JOB)
