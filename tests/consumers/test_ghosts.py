"""Messages of events that the log does not have, and read models that have folded such events."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.projecting.projector import Projector
from infra.kafka.headers import LAST_PLACE
from infra.read_models import troubles
from infra.routing import partition_of, subjects_here
from projections.shared.projection import Delivery
from projections.shared.rows import Row
from tests.consumers.projecting.test_projector import noisy, some_events
from tests.consumers.tallies import SUBJECTS, Added, Clock, Schedule, Tallies, World, drain, postgres_world, sqlite_world

PARTITIONS = 4
HERE, ELSEWHERE = (next(s for s in SUBJECTS if partition_of(s, PARTITIONS) == partition) for partition in (0, 1))


def projector(world: World, source: Schedule, tallies: Tallies, clock: Clock | None = None) -> Projector:
    return Projector([tallies.projection], source, world.store, world.read_models, PARTITIONS, clock=clock or Clock())


def noted(world: World) -> list[str]:
    with world.read_models.reader.connect() as connection:
        return [trouble.source for trouble in troubles.standing(connection)]


def test_the_log_has_the_events_that_it_has_and_no_others(world: World) -> None:
    world.record((HERE, Added(amount=1)), (ELSEWHERE, Added(amount=2)), (HERE, Added(amount=3)))
    first, second, third = world.store.log(0, 10)
    world.record((HERE, Added(amount=1)))
    [fourth] = world.store.log(third.position, 1)
    assert world.store.absent([third, first, second, first]) == []
    later = third._replace(position=fourth.position + 1)
    in_its_place = third._replace(state=fourth.state)
    assert world.store.absent([later, second]) == [later]
    assert world.store.absent([third, in_its_place, first]) == [in_its_place]
    assert world.store.absent([in_its_place, later]) == [in_its_place, later]
    forged = third._replace(position=LAST_PLACE, version=LAST_PLACE)
    assert world.store.absent([third, forged]) == [forged]


@pytest.mark.servers
@pytest.mark.parametrize(
    "damaged", ["'{'", "overlay(state placing 'x' from octet_length(state) - 2)"], ids=["metadata", "value"]
)
def test_an_event_that_was_only_damaged_in_the_log_is_not_absent(recording_database_url: str, damaged: str) -> None:
    with closing(postgres_world(recording_database_url)) as world:
        world.record((HERE, Added(amount=1)), (HERE, Added(amount=222)))
        sent = world.store.log(0, 10)
        with world.read_models.writer.begin() as connection:
            connection.exec_driver_sql(f"UPDATE stored_events SET state = {damaged} WHERE notification_id = 2")
        assert world.store.log(0, 10) != sent
        assert world.store.absent(sent) == []


def test_a_ghost_and_what_comes_after_it_wait_and_what_came_before_is_folded(world: World) -> None:
    # Given a topic in which events of a later moment of the log are between those that it has
    tallies, source, clock = Tallies(), Schedule(range(PARTITIONS)), Clock()
    world.record((HERE, Added(amount=1)), (ELSEWHERE, Added(amount=2)))
    before = world.messages(PARTITIONS)
    world.record((HERE, Added(amount=4)), (ELSEWHERE, Added(amount=8)))
    here, elsewhere = world.messages(PARTITIONS)[2:]
    ghost = here._replace(stored=here.stored._replace(version=7))
    source.send([*before, ghost, here, elsewhere])
    # When the projector reads it
    one = projector(world, source, tallies, clock)
    drain(one)
    # Then the read model stops before the ghost on its partition alone, and health shows it
    assert {subject: row["total"] for subject, row in world.rows(tallies).items()} == {HERE: 1, ELSEWHERE: 10}
    assert one.status().projections[0].state == "stopped"
    assert noted(world) == ["projector"]
    # When the topic is another one, without the ghost, it continues
    source.records[0] = [message for message in source.records[0] if message.stored.version != 7]
    clock.now = 31
    drain(one)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_read_model_that_has_folded_an_event_which_the_log_no_longer_has_stops(world: World) -> None:
    # Given a read model that has folded an event at the second position of its partition
    tallies, source, clock = Tallies(), Schedule(range(PARTITIONS)), Clock()
    world.record((HERE, Added(amount=1)), (HERE, Added(amount=2)))
    source.send(world.messages(PARTITIONS))
    drain(projector(world, source, tallies))
    # When the log has another event there, of another partition, and then one of this partition
    world.record((HERE, Added(amount=4)))
    first, _, last = world.messages(PARTITIONS)
    again = Schedule(range(PARTITIONS))
    again.topic_id = "anew"
    again.send([first, last._replace(previous=first.stored.position)])
    one = projector(world, again, tallies, clock)
    # Then it stops, and does not fill the gap from the store
    for moment in (0, 29, 61):
        clock.now = moment
        drain(one)
    assert {subject: row["total"] for subject, row in world.rows(tallies).items()} == {HERE: 3}
    assert one.status().projections[0].state == "stopped"
    assert noted(world) == ["projector"]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_a_topic_has_read_models_have_what_the_log_has(seed: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Given a log that was restored, and a topic with messages of before and after, some of them lost or sent again
        with closing(sqlite_world(folder)) as world:
            world.record(*some_events(dice, dice.randrange(20)))
        shutil.copy(folder / "events.db", folder / "backup.db")
        with closing(sqlite_world(folder)) as world:
            world.versions.update((subject, world.store.version(subject)) for subject in SUBJECTS)
            world.record(*some_events(dice, dice.randrange(1, 20)))
            sent = noisy(world.messages(PARTITIONS), dice, lost=0.05)
        shutil.copy(folder / "backup.db", folder / "events.db")
        with closing(sqlite_world(folder)) as world:
            world.versions.update((subject, world.store.version(subject)) for subject in SUBJECTS)
            world.record(*some_events(dice, dice.randrange(40)))
            sent += noisy(world.messages(PARTITIONS), dice, lost=0.05)
            # When a projector reads it, with all its patience
            tallies, source, clock = Tallies(), Schedule(range(PARTITIONS)), Clock()
            source.portion = dice.choice([1, 5, 50])
            source.send(sent)
            one = projector(world, source, tallies, clock)
            for moment in range(0, 400, 31):
                clock.now = moment
                drain(one)
            # Then its rows are those of the log up to its position, on each partition
            [status] = one.status().projections
            assert world.rows(tallies) == folded(world, status.positions)


def folded(world: World, upto: Mapping[int, int]) -> dict[UUID, Row]:
    """The rows that a fold of the log up to these positions gives, by partition."""
    rows: dict[UUID, Row] = {}
    for partition, position in upto.items():
        here: dict[UUID, Row] = {}
        for recorded in world.store.decode(world.store.log(0, 1_000, position)):
            Tallies()._apply(Delivery(recorded, subjects_here(recorded.metadata, partition, PARTITIONS)), here)
        rows |= here
    return rows
