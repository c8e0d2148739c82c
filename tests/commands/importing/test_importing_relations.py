"""Imports of relations: who works for which firm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from domain.customers.customer.customer import Customer
from domain.customers.customer.relation_events import RelationAdded, RelationEnded
from domain.shared.ids import external_id
from tests.commands.importing.given_importing import Store

STAFF = """
system = "hr"
occurred_at = "{hired}"
[[make]]
command = "customer.create_or_change"
id = "{firm}"
facts = { kind = "organisation", name = "{firm}" }
[[make]]
command = "customer.register"
id = "{who}"
facts = { name = "{who}" }
[[make]]
command = "customer.add_relation"
id = "{who}"
facts = { other = "{firm}", role = "employee", title = "{title}", since = "{hired}", primary = true }
[[make]]
command = "customer.end_relation"
id = "{who}"
occurred_at = "{left}"
when = { left = true }
facts = { other = "{firm}", role = "employee", until = "{left}" }
"""
ROWS = "hired,who,firm,title,left\n2024-05-01,Ada,Acme,Buyer,2025-01-01\n2024-06-01,Bob,Acme,Porter,2024-05-01\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_relations_are_recorded_once_even_if_the_file_is_imported_twice(store: Store) -> None:
    first, again = store.load(STAFF, ROWS), store.load(STAFF, ROWS)
    assert (first.accepted, first.refused, again.accepted, again.refused) == (2, 0, 0, 0)
    acme = external_id(Customer.name, "hr", "Acme", store.events.secret)
    assert [(event.other, event.title, event.since, event.primary) for event in store.recorded(RelationAdded)] == [
        (acme, "Buyer", date(2024, 5, 1), True),
        (acme, "Porter", date(2024, 6, 1), True),
    ]
    assert [event.until for event in store.recorded(RelationEnded)] == [date(2025, 1, 1), date(2024, 5, 1)]


def test_an_end_before_the_start_is_recorded_and_flagged(store: Store) -> None:
    assert store.load(STAFF, ROWS).irregular == {"relation-ends-before-it-begins": 1}
