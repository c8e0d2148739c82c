"""Each message is folded into rows exactly once, despite duplicates, lost or unordered messages, and crashes."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

import consumers.projecting.commits
from consumers.projecting.projector import Projector
from domain.shared.events import Event
from infra.routing import Held, Message
from tests.consumers.tallies import (
    SUBJECTS,
    Added,
    Clock,
    Ignored,
    Linked,
    Raised,
    Schedule,
    Tallies,
    World,
    drain,
    sqlite_world,
)

PARTITIONS = 4


def some_events(dice: random.Random, count: int) -> list[tuple[UUID, Event]]:
    """Events, most of them about one subject, some about two, some about everyone."""
    events: list[tuple[UUID, Event]] = []
    for number in range(count):
        subject, other = dice.sample(SUBJECTS, 2)
        kind = dice.random()
        if kind < 0.05:
            events.append((subject, Raised(by=number)))
        elif kind < 0.15:
            events.append((subject, Linked(other=other)))
        else:
            events.append((subject, Added(amount=number, name="Ada" if kind < 0.3 else None)))
    return events


def projector(
    world: World,
    source: Schedule,
    *tallies: Tallies,
    partitions: int = PARTITIONS,
    clock: Clock | None = None,
    at_once: int = 7,
) -> Projector:
    return Projector(
        [each.projection for each in tallies],
        source,
        world.store,
        world.read_models,
        partitions,
        clock=clock or Clock(),
        at_once=at_once,
    )


class Crash(BaseException):
    """The process crashes here."""


def noisy(messages: Sequence[Message], dice: random.Random, lost: float) -> list[Message]:
    """All messages in order, except the lost ones; between them copies of earlier and later messages."""
    sent: list[Message] = []
    for message in messages:
        while dice.random() < 0.3:
            sent.append(dice.choice(messages))
        if dice.random() >= lost:
            sent.append(message)
    return sent


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), lost=st.sampled_from([0.0, 0.0, 0.1]), partitions=st.sampled_from([1, 2, 4, 12]))
def test_any_schedule_gives_the_rows_of_a_single_fold(seed: int, lost: float, partitions: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        world = sqlite_world(Path(folder))
        try:
            play_a_schedule(world, dice, lost, partitions)
        finally:
            world.close()


def play_a_schedule(world: World, dice: random.Random, lost: float, partitions: int) -> None:
    world.record(*some_events(dice, 60))
    tallies, clock, source = Tallies(), Clock(), Schedule(range(partitions))
    source.portion = dice.choice([1, 5, 50])
    messages = world.messages(partitions)
    source.send(noisy(messages, dice, lost))
    # A loss is noticed only when a later message comes.
    world.record(*[(SUBJECTS[0], Raised(by=1))])
    source.send(m for m in world.messages(partitions) if m.stored.position > messages[-1].stored.position)
    one = projector(world, source, tallies, partitions=partitions, clock=clock, at_once=dice.choice([1, 3, 100]))
    crashes = 20
    for _ in range(1_000):
        if crashes and dice.random() < 0.1:
            crashes -= 1
            crash_somewhere(one, dice)
            source.read = {p: dice.randrange(at + 1) for p, at in source.read.items()}
            one = projector(world, source, tallies, partitions=partitions, clock=clock)
        clock.now += dice.choice([0, 0, 61])
        if not one.turn(timeout=0) and source.is_read and world.rows(tallies) == world.recomputed(tallies):
            break
    assert world.rows(tallies) == world.recomputed(tallies)
    assert world.letters() == []


def crash_somewhere(one: Projector, dice: random.Random) -> None:
    """Crashes before, within or right after a commit."""
    point = dice.choice(["advance", "fold", "committed"])
    real: Any = getattr(consumers.projecting.commits, point, None)
    calls = dice.randrange(1, 4)

    def dies(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls -= 1
        if calls == 0:
            raise Crash
        return real(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        if point == "committed":
            patch.setattr("consumers.projecting.lane.Lane.holds", lambda *_: (_ for _ in ()).throw(Crash()))
        else:
            patch.setattr(consumers.projecting.commits, point, dies)
        try:
            one.turn(timeout=0)
        except Crash:
            return


def test_each_message_is_folded_once_even_if_it_comes_several_times(world: World) -> None:
    world.record(*some_events(random.Random(1), 80))
    tallies, source = Tallies(), Schedule(range(PARTITIONS))
    messages = world.messages(PARTITIONS)
    source.send([*messages, *messages, *reversed(messages)])
    drain(projector(world, source, tallies))
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_restart_continues_from_the_stored_position(world: World) -> None:
    world.record(*some_events(random.Random(2), 40))
    tallies, source = Tallies(), Schedule(range(PARTITIONS))
    source.send(world.messages(PARTITIONS))
    drain(projector(world, source, tallies))
    drain(projector(world, source, tallies))
    assert world.rows(tallies) == world.recomputed(tallies)
    last = dict(source.sought)
    assert last[0].next_offset == len(source.records[0])


def test_two_projectors_on_one_partition_duplicate_nothing(world: World) -> None:
    world.record(*some_events(random.Random(3), 60))
    tallies = Tallies()
    rivals = []
    for _ in range(2):
        source = Schedule(range(PARTITIONS))
        source.portion = 3
        source.send(world.messages(PARTITIONS))
        rivals.append(projector(world, source, tallies))
    for _ in range(60):
        for rival in rivals:
            rival.turn(timeout=0)
    assert world.rows(tallies) == world.recomputed(tallies)
    assert rivals[0].status().projections[0].positions == rivals[1].status().projections[0].positions


def test_a_partition_that_comes_back_continues_at_the_position_of_its_other_owner(world: World) -> None:
    world.record(*some_events(random.Random(4), 30))
    tallies, mine, theirs = Tallies(), Schedule([0]), Schedule([0])
    messages = world.messages(1)
    mine.send(messages[:10])
    owner = projector(world, mine, tallies, partitions=1)
    drain(owner)
    theirs.send(messages)
    drain(projector(world, theirs, tallies, partitions=1))
    mine.send(messages[10:])
    mine.read[0] = 20
    drain(owner)
    assert owner.status().projections[0].positions == {0: 30}
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_chain_that_stays_broken_is_repaired_from_the_store(world: World) -> None:
    world.record(*some_events(random.Random(5), 50))
    tallies, clock, source = Tallies(), Clock(), Schedule(range(PARTITIONS))
    source.send(m for m in world.messages(PARTITIONS) if not 20 <= m.stored.position <= 30)
    one = projector(world, source, tallies, clock=clock)
    drain(one)
    assert world.rows(tallies) != world.recomputed(tallies)
    clock.now = 59
    drain(one)
    assert world.rows(tallies) != world.recomputed(tallies)
    clock.now = 61
    drain(one)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_transient_error_is_retried_and_loses_nothing(world: World) -> None:
    world.record(*some_events(random.Random(6), 30))
    tallies, bystander, clock, source = Tallies(), Tallies("bystander"), Clock(), Schedule(range(PARTITIONS))
    tallies.failures = [OperationalError("the connection is gone", None, Exception())]
    source.send(world.messages(PARTITIONS))
    one = projector(world, source, tallies, bystander, clock=clock)
    drain(one)
    assert world.rows(bystander) == world.recomputed(bystander)
    assert {each.name: each.state for each in one.status().projections} == {"tallies": "retrying", "bystander": "live"}
    clock.now = 1
    drain(one)
    assert one.status().healthy
    assert world.rows(tallies) == world.recomputed(tallies)
    assert world.letters() == []


def test_a_new_projection_starts_at_the_start_of_the_log(world: World) -> None:
    world.record(*some_events(random.Random(7), 30))
    old, new, source = Tallies(), Tallies("newcomer"), Schedule(range(PARTITIONS))
    source.send(world.messages(PARTITIONS))
    drain(projector(world, source, old))
    drain(projector(world, source, old, new))
    assert world.rows(new) == world.rows(old) == world.recomputed(old)


def test_a_projection_of_another_version_is_not_changed_and_is_reported(world: World) -> None:
    world.record((SUBJECTS[0], Added(amount=1)))
    source = Schedule(range(PARTITIONS))
    source.send(world.messages(PARTITIONS))
    drain(projector(world, source, Tallies()))
    world.record((SUBJECTS[0], Added(amount=2)))
    source.send(world.messages(PARTITIONS)[1:])
    newer = Tallies(version=2)
    one = projector(world, source, newer)
    one.turn(timeout=0)
    assert world.rows(newer)[SUBJECTS[0]]["total"] == 1
    [status] = one.status().projections
    assert status.state == "outdated"
    assert "waits for a rebuild" in status.reason
    assert not one.status().healthy


def test_a_version_that_changes_under_a_running_projector_stops_it(world: World) -> None:
    world.record((SUBJECTS[0], Added(amount=1)))
    tallies = Tallies()
    one = world.tailing(tallies)
    drain(one)
    with world.read_models.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE projections SET version = 2")
    world.record((SUBJECTS[0], Added(amount=2)))
    one.turn(timeout=0)
    assert world.rows(tallies)[SUBJECTS[0]]["total"] == 1
    assert one.status().projections[0].state == "outdated"


def test_events_that_a_projection_does_not_read_are_skipped_but_counted(world: World) -> None:
    world.record((SUBJECTS[0], Added(amount=1)), (SUBJECTS[0], Ignored()), (SUBJECTS[0], Ignored()))
    tallies = Tallies(reads=frozenset({"crm.tally.added.v1"}))
    one = world.tailing(tallies)
    drain(one)
    assert tallies.batches == [1]
    assert one.status().projections[0].positions == {0: 3}


def test_read_models_that_want_nothing_from_a_batch_skip_it_in_one_transaction_with_one_statement(
    world: World,
) -> None:
    world.record(*((subject, Ignored()) for subject in SUBJECTS))
    idle = [Tallies(f"idle-{number}", reads=frozenset({"crm.tally.added.v1"})) for number in range(3)]
    transactions: list[object] = []
    moves: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE positions"):
            moves.append(statement)

    source = Schedule(range(PARTITIONS))
    one = projector(world, source, *idle)
    one.turn()
    source.send(world.messages(PARTITIONS))
    event.listen(world.read_models.writer, "begin", transactions.append)
    event.listen(world.read_models.writer, "before_cursor_execute", note)
    drain(one)
    assert len(transactions) == 1
    several = world.read_models.writer.dialect.name == "sqlite"  # One for each partition: a deployment on SQLite has only one.
    assert len(moves) == (len({message.partition for message in world.messages(PARTITIONS)}) if several else 1)
    assert {max(status.positions.values()) for status in one.status().projections} == {world.store.head()}


def test_a_superseded_read_model_does_not_hold_back_the_others(world: World) -> None:
    world.record(*((subject, Ignored()) for subject in SUBJECTS))
    first, second = (Tallies(name, reads=frozenset({"crm.tally.added.v1"})) for name in ("first", "second"))
    source, others = Schedule([0]), Schedule([0])
    late = projector(world, source, first, second, partitions=1)
    late.turn()
    for schedule in (source, others):
        schedule.send(world.messages(1))
    drain(projector(world, others, first, partitions=1))
    drain(late)
    assert {max(status.positions.values()) for status in late.status().projections} == {world.store.head()}


def test_a_recreated_topic_is_read_from_its_start_and_duplicates_nothing(world: World) -> None:
    world.record(*some_events(random.Random(8), 30))
    tallies, source = Tallies(), Schedule(range(PARTITIONS))
    source.send(world.messages(PARTITIONS))
    drain(projector(world, source, tallies))
    world.record(*some_events(random.Random(9), 10))
    recreated = Schedule(range(PARTITIONS))
    recreated.topic_id = "recreated"
    recreated.send(world.messages(PARTITIONS))
    drain(projector(world, recreated, tallies))
    assert all(held.topic_id == "schedule" for _, held in recreated.sought)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_partitions_are_assigned_and_revoked(world: World) -> None:
    world.record(*some_events(random.Random(10), 40))
    tallies, source = Tallies(), Schedule([0, 1])
    source.send(world.messages(PARTITIONS))
    one = projector(world, source, tallies)
    drain(one)
    late = Schedule([1, 2, 3])
    late.send(world.messages(PARTITIONS))
    source.records, source.read = late.records, late.read
    drain(one)
    assert set(one.status().projections[0].positions) == {1, 2, 3}
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_batch_is_folded_in_transactions_of_limited_size(world: World) -> None:
    world.record(*[(SUBJECTS[0], Added(amount=1)) for _ in range(20)])
    tallies, source = Tallies(), Schedule([0])
    source.send(world.messages(1))
    drain(projector(world, source, tallies, partitions=1, at_once=8))
    assert tallies.batches == [8, 8, 4]


def test_the_status_has_positions_and_lag(world: World) -> None:
    world.record(*[(SUBJECTS[0], Added(amount=1)) for _ in range(10)])
    tallies, source = Tallies(), Schedule([0])
    source.send(world.messages(1)[:7])
    one = projector(world, source, tallies, partitions=1)
    drain(one)
    status = one.status()
    assert status.head == 10
    assert (status.projections[0].positions, status.projections[0].lag) == ({0: 7}, 3)
    assert status.healthy


def test_a_restart_seeks_the_stored_position_and_the_next_offset(world: World) -> None:
    world.record((SUBJECTS[0], Added(amount=1)))
    source = Schedule([0])
    [message] = world.messages(1)
    source.send([message, message])
    drain(projector(world, source, Tallies(), partitions=1))
    again = Schedule([0])
    again.send([message, message])
    drain(projector(world, again, Tallies(), partitions=1))
    assert again.sought == [(0, Held(1, 1, "schedule"))]
