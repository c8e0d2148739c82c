"""A commit looks rows up, however its tables have grown since PostgreSQL made the plan."""

from __future__ import annotations

import psycopg
import pytest

from domain.shared.ids import new_id
from tests.commands.customers.test_duplicates import asking, contact
from tests.commands.event_stores import accepted, done, one, opened, placing, recorder, registering, running, together

pytestmark = pytest.mark.servers

ROWS = 100_000
OTHERS = (
    "INSERT INTO stored_events (notification_id, originator_id, originator_version, topic, state)"
    " SELECT -number, gen_random_uuid(), 1, 'x', ''::bytea FROM generate_series(1, %s) AS number",
    "INSERT INTO contacts (digest, customer, method)"
    " SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid() FROM generate_series(1, %s)",
)


def test_a_commit_that_was_planned_for_small_tables_is_done_in_time_on_large_ones(recording_database_url: str) -> None:
    """The commit has two seconds. To compare 200 ids with each row of a table takes longer."""
    store = opened(recording_database_url, recorder(recording_database_url, lock_timeout=1.0, idle_timeout=1.0))
    with running(store) as executor:
        for number in range(10):
            assert accepted(one(executor, asking(contact(f"before-{number}@example.com"))))
        ids = [new_id() for _ in range(200)]
        assert all(map(accepted, done(*together(executor, *map(registering, ids)))))
        with psycopg.connect(recording_database_url, autocommit=True) as other:
            for statement in OTHERS:
                other.execute(statement, [ROWS])
        registrations = [asking(contact(f"after-{number}@example.com")) for number in range(200)]
        orders = [placing(customer_id=id) for id in ids]
        assert all(map(accepted, done(*together(executor, *registrations, *orders))))
    store.close()
