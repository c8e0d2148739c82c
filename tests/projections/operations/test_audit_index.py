"""The index for auditors: filters by the time of recording need no index of their own, because it rises with the position."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.customers.customer.events import Archived
from domain.shared.aggregate import FUTURE_TOLERANCE
from domain.shared.events import Actor, Recorded
from projections.operations.audit_index import Filter, audit_index, listing
from projections.shared.projection import Delivery
from projections.shared.rows import Rows
from tests.infra.event_store.given_events import metadata
from tests.projections.harness import in_memory

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SUBJECTS = [UUID(int=number) for number in range(3)]
MINUTES = st.integers(-5, 5)


def recorded(position: int, at: datetime) -> Recorded:
    actor = Actor(type="user", id=f"u-{position % 2}")
    about = metadata(subject=SUBJECTS[position % 3], recorded_at=at, occurred_at=at, actor=actor)
    return Recorded(position, about.subject, position, Archived(), about)


@given(st.lists(st.tuples(st.integers(1, 3), MINUTES), max_size=12), st.none() | MINUTES, st.none() | MINUTES, st.booleans())
def test_a_range_of_recording_times_is_exact_also_if_the_clocks_of_two_workers_differed(
    steps: list[tuple[int, int]], from_: int | None, to: int | None, descending: bool
) -> None:
    """Earlier versions did not keep `recorded_at` from falling."""
    events, position = [], 0
    for number, (gap, ahead) in enumerate(steps):
        position += gap
        events.append(recorded(position, START + number * timedelta(seconds=40) + ahead * FUTURE_TOLERANCE / 10))
    bounds = (None if at is None else START + at * timedelta(minutes=1) for at in (from_, to))
    wanted = Filter(recorded_from=next(bounds), recorded_to=next(bounds), actor_id="u-1")
    with in_memory(audit_index) as connection:
        audit_index.apply([Delivery(one, frozenset(one.metadata.subjects)) for one in events], Rows(connection))
        found = [row["position"] for row in listing(connection, wanted, descending=descending).rows]
    expected = [
        one.position
        for one in events
        if (wanted.recorded_from is None or one.metadata.recorded_at >= wanted.recorded_from)
        and (wanted.recorded_to is None or one.metadata.recorded_at < wanted.recorded_to)
        and one.metadata.actor.id == "u-1"
    ]
    assert found == (expected[::-1] if descending else expected)


def test_the_ends_of_the_calendar_are_times_too() -> None:
    with in_memory(audit_index) as connection:
        one = recorded(1, START)
        audit_index.apply([Delivery(one, frozenset(one.metadata.subjects))], Rows(connection))
        ends = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        assert len(listing(connection, Filter(recorded_from=ends[0], recorded_to=ends[1])).rows) == 1
