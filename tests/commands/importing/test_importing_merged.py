"""Imports of a source that knows nothing of a merge: its rows about a merged customer are facts of the survivor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from domain.customers.customer.events import ConsentGiven, ConsentWithdrawn, DetailsChanged, Registered
from domain.customers.customer.relation_events import RelationAdded
from domain.shared.annotations import AttributesSet, Tagged, Untagged
from domain.shared.ids import external_id
from tests.commands.importing.given_importing import Store

RECORDS = """
system = "old-crm"
occurred_at = "{at}"
ids.customer = "{who}"
[[make]]
command = "customer.create_or_change"
facts = { name = "{name}", email = "{mail}" }
[[make]]
command = "customer.merge"
when = { into = true }
facts = { into = "{into}" }
[[make]]
command = "customer.tag"
when = { tag = true }
facts = { tags = ["{tag}"] }
[[make]]
command = "customer.untag"
when = { untag = true }
facts = { tags = ["{untag}"] }
[[make]]
command = "customer.set_attributes"
when = { size = true }
facts = { attributes = { size = { number = "{size}" } } }
[[make]]
command = "customer.give_consent"
when = { consent = true }
facts = { purpose = "{consent}", channel = "email", evidence = "form" }
[[make]]
command = "customer.withdraw_consent"
when = { withdrawal = true }
facts = { purpose = "{withdrawal}", channel = "email" }
[[make]]
command = "customer.add_relation"
when = { works_for = true }
facts = { other = "{works_for}", role = "employee" }
"""
COLUMNS = "at,who,name,mail,into,tag,untag,size,consent,withdrawal,works_for"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Ada, the firm, and Bob, who is merged into Ada and has the tag vip."""
    store = Store(tmp_path)
    rows = (
        "2026-01-01,ada,Ada,,,,,,,,",
        "2026-01-01,acme,Acme,,,,,,,,",
        "2026-01-01,bob,Bob,bob@example.com,,vip,,1,news,,",
        "2026-01-02,bob,Bob,bob@example.com,ada,,,,,,",
    )
    assert load(store, *rows) == 0
    yield store
    store.close()


def load(store: Store, *rows: str) -> int:
    """The number of refused rows."""
    return store.load(RECORDS, "\n".join((COLUMNS, *rows, "")), f"{len(store.log())}.csv").refused


def streams(store: Store, *kinds: type, since: int) -> list[str]:
    """For whom the events of these kinds are recorded, after the first `since` events."""
    secret = store.events.secret
    names: dict[UUID, str] = {external_id("customer", "old-crm", name, secret): name for name in ("ada", "bob", "acme")}
    return [names[recorded.stream] for recorded in store.log()[since:] if isinstance(recorded.event, kinds)]


def test_new_facts_of_a_merged_customer_are_recorded_for_the_survivor(store: Store) -> None:
    known = len(store.log())
    assert load(store, "2026-02-01,bob,Robert,bob@example.com,,new,,2,ads,,acme") == 0
    kinds = (DetailsChanged, Tagged, AttributesSet, ConsentGiven, RelationAdded)
    assert streams(store, *kinds, since=known) == ["ada"] * 5


def test_facts_that_the_merged_customer_has_already_are_not_news(store: Store) -> None:
    known = len(store.log())
    assert load(store, "2026-01-01,bob,Bob,bob@example.com,,vip,,1,news,,") == 0
    assert streams(store, DetailsChanged, Tagged, AttributesSet, ConsentGiven, Registered, since=known) == []


def test_a_withdrawal_stays_with_the_record_that_it_concerns(store: Store) -> None:
    known = len(store.log())
    assert load(store, "2026-02-01,bob,Bob,bob@example.com,,,vip,,,news,") == 0
    assert streams(store, ConsentWithdrawn, Untagged, since=known) == ["bob", "bob"]
