"""One row tells of many things: of several of a kind, of what all rows share, and of what is known by others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.annotations import Tagged
from domain.customer import Registered
from tests.commands.given_importing import Store

CUSTOMERS = """
system = "shop"
occurred_at = "{since}"
[ids]
customer = "{id}"
[[make]]
command = "customer.register"
facts.name = "{name}"
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_one_row_tells_of_several_things_of_one_kind(store: Store) -> None:
    report = store.load(
        CUSTOMERS
        + """
        [[make]]
        command = "customer.register"
        id = "{partner}"
        when = { partner = true }
        facts.name = "{partner}"
        """,
        "id,name,since,partner\n1,Ada,2024-01-01,William\n2,Bob,2024-01-01,\n3,Cy,2024-01-01,William\n",
    )
    assert (report.accepted, report.refused) == (3, 0)
    assert [registered.name for registered in store.told(Registered)] == ["Ada", "Bob", "Cy", "William"]


def test_what_all_rows_share_is_told_by_the_first(store: Store) -> None:
    report = store.load(
        CUSTOMERS
        + """
        [[make]]
        command = "customer.tag"
        id = "1"
        when = { "#" = 2 }
        facts.tags = ["first"]
        """,
        "id,name,since\n1,Ada,2024-01-01\n2,Bob,2024-01-01\n",
    )
    assert (report.accepted, report.commands) == (2, 3)
    assert [tagged.tags for tagged in store.told(Tagged)] == [("first",)]
