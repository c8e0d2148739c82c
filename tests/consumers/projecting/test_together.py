"""A read model commits its messages on all partitions in one transaction, unless some must be committed apart."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from consumers.projecting.arrivals import Arrival, Arrived
from consumers.projecting.lane import Lane, Taken
from consumers.projecting.together import together
from domain.shared.events import Actor, Context, Recorded
from infra.event_store.mapper import Stored
from infra.read_models.advancing import advance
from infra.read_models.positions import Superseded, held
from infra.routing import Held, Message, partition_of
from projections.shared.projection import Delivery
from tests.consumers.projecting.test_projector import PARTITIONS, projector
from tests.consumers.tallies import NOW, SUBJECTS, Added, Linked, Raised, Schedule, Tallies, World, drain


def transactions_of(world: World, source: Schedule, *tallies: Tallies, at_once: int = 100) -> int:
    """The number of transactions in which a projector that has joined takes all that is in the log."""
    one = projector(world, source, *tallies, at_once=at_once)
    drain(one)
    begun: list[object] = []
    event.listen(world.read_models.writer, "begin", begun.append)
    source.send(world.messages(PARTITIONS))
    drain(one)
    return len(begun)


def two_of_each(world: World) -> None:
    assert len({partition_of(subject, PARTITIONS) for subject in SUBJECTS}) == PARTITIONS
    world.record(*((subject, Added(amount=number)) for number, subject in enumerate([*SUBJECTS, *SUBJECTS])))
    world.record(*((subject, Linked(other=other)) for subject, other in pairwise(SUBJECTS)))


def test_each_read_model_commits_its_messages_on_all_partitions_in_one_transaction(world: World) -> None:
    two_of_each(world)
    both = Tallies("first"), Tallies("second")
    assert transactions_of(world, Schedule(range(PARTITIONS)), *both) == 2
    for tallies in both:
        assert world.rows(tallies) == world.recomputed(tallies)


def test_more_messages_than_a_transaction_may_have_take_several(world: World) -> None:
    two_of_each(world)
    tallies = Tallies()
    assert transactions_of(world, Schedule(range(PARTITIONS)), tallies, at_once=20) == 2
    assert world.rows(tallies) == world.recomputed(tallies)


def test_partitions_with_an_event_for_everyone_commit_alone(world: World) -> None:
    two_of_each(world)
    world.record((SUBJECTS[0], Raised(by=5)), *((subject, Added(amount=1)) for subject in SUBJECTS))
    tallies = Tallies()
    assert transactions_of(world, Schedule(range(PARTITIONS)), tallies) == PARTITIONS
    assert world.rows(tallies) == world.recomputed(tallies)


def test_only_the_subject_of_an_event_that_cannot_be_folded_waits(world: World) -> None:
    # Given a poisoned event, whose subject waits after the first turn
    tallies, source = Tallies(), Schedule(range(PARTITIONS))
    [position] = world.record((SUBJECTS[3], Added(amount=1)))
    tallies.poison = {position}
    two_of_each(world)
    transactions_of(world, source, tallies)
    assert (position, SUBJECTS[3]) in world.letters()
    # When more events come
    before = len(world.letters())
    world.record(*((subject, Added(amount=7)) for subject in SUBJECTS))
    # Then one transaction folds those of the others, and sets aside the one of the subject that waits
    assert transactions_of(world, source, tallies) == 1
    assert len(world.letters()) == before + 1
    folded, expected = world.rows(tallies), world.recomputed(tallies)
    assert SUBJECTS[3] not in folded
    assert folded == {subject: row for subject, row in expected.items() if subject != SUBJECTS[3]}


def test_a_partition_that_another_process_has_moved_holds_back_no_other(world: World) -> None:
    two_of_each(world)
    tallies, source, theirs = Tallies(), Schedule(range(PARTITIONS)), Schedule([1])
    late = projector(world, source, tallies, at_once=100)
    late.turn()
    theirs.send(world.messages(PARTITIONS))
    drain(projector(world, theirs, tallies))
    source.send(world.messages(PARTITIONS))
    late.turn()
    assert {status.positions[p] > 0 for status in late.status().projections for p in (0, 2, 3)} == {True}
    drain(late)
    assert world.rows(tallies) == world.recomputed(tallies)
    assert world.letters() == []


def test_partitions_move_together_or_not_at_all(world: World) -> None:
    tallies = Tallies()
    projector(world, Schedule(range(PARTITIONS)), tallies).turn()
    with world.read_models.reader.connect() as connection:
        before = held(connection, "tallies")
    new = {0: Held(7, 70, "t"), 2: Held(9, 90, "u")}
    wrong = before | {2: before[2]._replace(position=5)}
    for old in (wrong, before | {2: before[2]._replace(topic_id="another")}):
        with pytest.raises(Superseded), world.read_models.writer.begin() as connection:
            advance(connection, ["tallies"], {partition: (old[partition], to) for partition, to in new.items()})
    with world.read_models.reader.connect() as connection:
        assert held(connection, "tallies") == before
    with world.read_models.writer.begin() as connection:
        advance(connection, ["tallies"], {partition: (before[partition], to) for partition, to in new.items()})
    with world.read_models.reader.connect() as connection:
        assert held(connection, "tallies") == before | new


# Which lanes go together

ANY = Added(amount=1)
CONTEXT = Context(now=NOW, actor=Actor(type="system", id="test"), command_id=UUID(int=9))
DELIVERY = Delivery(Recorded(1, SUBJECTS[0], 1, ANY, CONTEXT.metadata(SUBJECTS[0], ANY, ())), frozenset())


def message(partition: int, position: int) -> Message:
    return Message(partition, position, 0, Stored(position, SUBJECTS[0], 1, "crm.tally.added.v1", b""))


def arrival(position: int, everyone: bool) -> Arrival:
    return Arrival(position, "crm.tally.added.v1", everyone, frozenset(), DELIVERY)


@given(st.data(), st.integers(2, 5))
def test_lanes_go_together_only_if_they_have_seen_the_same_events_for_everyone(data: st.DataObject, partitions: int) -> None:
    # Given a log, in which each event goes to one partition or to all of them
    routes = data.draw(st.lists(st.integers(-1, partitions - 1), min_size=1, max_size=40))
    everyone = {position for position, route in enumerate(routes, 1) if route < 0}
    tallies = Tallies().projection
    taken: list[Taken] = []
    arrived = {}
    for partition in range(partitions):
        here = [position for position, route in enumerate(routes, 1) if route in (-1, partition)]
        begin = data.draw(st.integers(0, len(here)))
        end = data.draw(st.integers(begin, len(here)))
        at = here[begin - 1] if begin else 0
        if begin < end:
            # When a lane takes any part of what is on its partition
            positions = here[begin:end]
            messages = [message(partition, one) for one in positions]
            taken.append((Lane(tallies, partition, Held(at, 0, "t")), messages))
            arrived[partition] = Arrived({one: arrival(one, one in everyone) for one in positions}, frozenset())
    groups = list(together(taken, arrived, 30))
    # Then each lane is in one group, and what its group folds together lies between the same events for everyone
    assert sorted(lane.partition for group in groups for lane, _ in group) == [lane.partition for lane, _ in taken]
    for group in groups:
        if len(group) > 1:
            assert sum(len(messages) for _, messages in group) <= 30
            folded = [one.stored.position for _, messages in group for one in messages]
            assert len({sum(e < position for e in everyone) for position in folded}) == 1
            assert not everyone & set(folded)
    # Lanes that are at the same place and take no such event are not kept apart
    plain = [lane for lane, messages in taken if not everyone & {one.stored.position for one in messages}]
    if plain and {lane.held.position for lane in plain} == {0} and sum(len(m) for _, m in taken) <= 30:
        assert [lane.partition for lane, _ in max(groups, key=len)] == [lane.partition for lane in plain] or len(plain) == 1
