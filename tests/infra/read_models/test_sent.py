"""Up to where a read model is complete: never further than what it holds, and as far as what had been sent at any look."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from infra.read_models.sent import MOST, Sent, complete_up_to, remembered

PARTITIONS = 3
ROUTES = st.lists(st.sets(st.integers(0, PARTITIONS - 1), min_size=1), min_size=1, max_size=60)
Routes = Sequence[set[int]]


def at(routes: Routes, routed: int) -> Sent:
    """The moment when the log was sent up to here. The events have the positions from 1 on."""
    last = {partition: position for position, route in enumerate(routes[:routed], 1) for partition in route}
    return Sent(routed, last)


def first_missing(routes: Routes, partition: int, held: int) -> int:
    return next((p for p, route in enumerate(routes, 1) if p > held and partition in route), len(routes) + 1)


def test_an_idle_partition_is_complete_up_to_the_routed_position_and_one_behind_is_not() -> None:
    assert complete_up_to({0: 7, 1: 4, 2: 0}, [Sent(9, {0: 7, 1: 5})]) == {0: 9, 1: 4, 2: 9}


@given(st.data(), ROUTES)
def test_no_answer_claims_an_event_that_is_missing_and_each_is_complete_up_to_the_last_look_before_what_is_held(
    data: st.DataObject, routes: Routes
) -> None:
    looks = sorted(data.draw(st.sets(st.integers(0, len(routes)), min_size=1)))
    moments: Sequence[Sent] = ()
    for look in looks:
        moments = remembered(moments, at(routes, look))
    held = dict.fromkeys(range(PARTITIONS), 0)
    for partition in held:
        here = [position for position, route in enumerate(routes, 1) if partition in route and position <= looks[-1]]
        held[partition] = data.draw(st.sampled_from([0, *here]))
    found = complete_up_to(held, moments)
    for partition, position in held.items():
        missing = first_missing(routes, partition, position)
        assert position <= found[partition] < missing or found[partition] == position
        assert found[partition] == max(position, *(look for look in (0, *looks) if look < missing))


def test_of_many_looks_some_are_remembered_at_every_age() -> None:
    moments: Sequence[Sent] = ()
    looks = 20_000
    for routed in range(1, looks + 1):
        moments = remembered(moments, Sent(routed, {0: routed}))
        assert len(moments) <= MOST
    ages = [looks - moment.routed for moment in moments]
    assert ages == sorted(ages, reverse=True)
    assert {0, 1, 2, 3} <= set(ages)
    for age in (10, 100, 1_000, 10_000):
        assert any(age <= one <= 1.5 * age for one in ages)


def test_a_moment_that_is_seen_again_is_remembered_once() -> None:
    moments = remembered(remembered((), Sent(5, {0: 5})), Sent(5, {0: 5}))
    assert moments == (Sent(5, {0: 5}),)
