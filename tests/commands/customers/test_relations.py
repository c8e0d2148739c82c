"""Which customers a relation may name, and that the merge survivor is recorded."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from commands.customers import customers, relations
from domain.customers.customer.refusals import CustomerErased, CustomerUnknown, RelatedToThemselves
from domain.customers.customer.relation_events import RelationAdded, RelationEnded
from domain.shared.ids import new_id
from domain.shared.refusals import NotThere
from tests.commands.in_memory import InMemory

ADA, ACME, BOB = new_id(), new_id(), new_id()
ERASURE: dict[str, Any] = {"reason": "requested", "requested_by": "customer", "receipt": "DSR-7"}
UNTIL = date(2025, 1, 1)


@pytest.fixture
def work() -> InMemory:
    work = InMemory()
    for id in (ADA, ACME, BOB):
        customers.register(work, customer_id=id, kind="person", name="Ada")
    return work


def add(work: InMemory, who: UUID = ADA, other: UUID = ACME, **more: Any) -> UUID:
    relation_id = new_id()
    relations.add(work, customer_id=who, relation_id=relation_id, other=other, role="employee", **more)
    return relation_id


def others(work: InMemory) -> list[UUID]:
    return [event.other for event in work.facts(ADA) if isinstance(event, RelationAdded)]


def test_the_survivor_is_recorded_unless_the_relation_is_known(work: InMemory) -> None:
    add(work)
    customers.merge(work, customer_id=ACME, into=BOB)
    add(work)
    assert others(work) == [ACME]
    add(work, title="Director")
    assert others(work) == [ACME, BOB]


def test_a_customer_cannot_be_related_to_one_they_are_merged_with(work: InMemory) -> None:
    customers.merge(work, customer_id=ACME, into=ADA)
    with pytest.raises(RelatedToThemselves):
        add(work)


def test_both_customers_must_exist_and_not_be_erased(work: InMemory) -> None:
    with pytest.raises(CustomerUnknown):
        add(work, other=new_id())
    with pytest.raises(NotThere):
        add(work, who=new_id())
    customers.erase(work, customer_id=ACME, **ERASURE)
    with pytest.raises(CustomerErased):
        add(work)


def test_a_relation_ends_on_the_merged_customer_unless_the_survivor_is_erased(work: InMemory) -> None:
    relation_id = add(work)
    customers.merge(work, customer_id=ADA, into=BOB)
    relations.end(work, customer_id=ADA, relation_id=relation_id, until=UNTIL)
    assert isinstance(work.facts(ADA)[-1], RelationEnded)
    customers.erase(work, customer_id=BOB, **ERASURE)
    with pytest.raises(CustomerErased):
        relations.end(work, customer_id=ADA, relation_id=relation_id, until=date(2025, 2, 1))
