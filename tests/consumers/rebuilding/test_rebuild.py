"""A rebuilt read model equals the live one and replaces it during operation; a rebuild that was killed can be continued."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import bindparam, inspect, text

from consumers.projecting import dead_letters
from consumers.projecting.set_aside import ForEveryone
from consumers.rebuilding.difference import Difference
from consumers.rebuilding.rebuild import Disagrees, Rebuilt, rebuild, rebuild_all
from domain.shared.events import Event
from infra.read_models.completeness import Completeness
from infra.read_models.database import ReadModels
from infra.read_models.positions import begin, registered
from infra.read_models.tables import create_tables
from projections.shared.rows import Row
from tests.consumers.projecting.test_projector import PARTITIONS, projector, some_events
from tests.consumers.tallies import SUBJECTS, Added, Raised, Schedule, Tallies, World, drain

ANN, BEN = SUBJECTS[:2]


def tables_in(read_models: ReadModels) -> set[str]:
    with read_models.reader.connect() as connection:
        return set(inspect(connection).get_table_names())


def spoil(world: World) -> None:
    with world.read_models.writer.begin() as connection:
        connection.execute(text("UPDATE tallies SET total = total + 1"))


def folded(world: World, tallies: Tallies, *events: tuple[UUID, Event], held_back: int = 0) -> Schedule:
    """Records the events and folds them, except the last `held_back` ones of each partition; returns the source."""
    world.record(*events)
    source = Schedule(range(PARTITIONS))
    source.send(world.messages(PARTITIONS))
    rest = {p: records[len(records) - held_back :] for p, records in source.records.items()} if held_back else {}
    for partition in rest:
        del source.records[partition][-held_back:]
    drain(projector(world, source, tallies))
    for partition, records in rest.items():
        source.records[partition] += records
    return source


def test_a_check_finds_live_and_rebuilt_rows_equal_and_leaves_nothing_behind(world: World) -> None:
    tallies = Tallies()
    folded(world, tallies, *some_events(random.Random(1), 300))
    before = tables_in(world.read_models)
    checked = rebuild(tallies.projection, world.store, world.read_models, PARTITIONS, check=True)
    assert (checked.same, checked.swapped, checked.dead_letters) == (True, False, 0)
    assert tables_in(world.read_models) == before
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_check_finds_spoiled_rows_and_a_rebuild_repairs_them(world: World) -> None:
    tallies = Tallies()
    folded(world, tallies, *some_events(random.Random(2), 100))
    spoil(world)
    assert rebuild(tallies.projection, world.store, world.read_models, PARTITIONS, check=True).same is False
    rebuilt = rebuild(tallies.projection, world.store, world.read_models, PARTITIONS)
    assert (rebuilt.same, rebuilt.swapped) == (False, True)
    assert world.rows(tallies) == world.recomputed(tallies)
    assert rebuild(tallies.projection, world.store, world.read_models, PARTITIONS, check=True).same is True


SPOILS = {
    "different": "UPDATE tallies SET total = total + 1, trail = trail + 1 WHERE subject = :lowest",
    "missing": "DELETE FROM tallies WHERE subject = :lowest",
    "surplus": "INSERT INTO tallies SELECT :first, total, events, trail FROM tallies WHERE subject = :lowest",
}


@pytest.mark.parametrize("fault", SPOILS)
def test_a_check_names_the_first_row_that_differs(world: World, fault: str) -> None:
    tallies, first = Tallies(), UUID(int=0)
    folded(world, tallies, *some_events(random.Random(2), 100))
    lowest = min(world.rows(tallies))
    with world.read_models.writer.begin() as connection:
        statement = text(SPOILS[fault])
        for name in statement.compile().params:
            given = {"lowest": lowest, "first": first}[name]
            statement = statement.bindparams(bindparam(name, given, tallies.table.c.subject.type))
        connection.execute(statement)
    checked = rebuild(tallies.projection, world.store, world.read_models, PARTITIONS, check=True)
    columns = ["total", "trail"] if fault == "different" else ()
    subject = first if fault == "surplus" else lowest
    assert checked.difference == Difference("tallies", fault, {"subject": subject}, columns)  # type: ignore[arg-type]
    assert rebuild(tallies.projection, world.store, world.read_models, PARTITIONS).difference is not None
    assert rebuild(tallies.projection, world.store, world.read_models, PARTITIONS, check=True).difference is None


def test_a_difference_is_found_while_the_live_read_model_goes_on(world: World) -> None:
    tallies = Tallies()
    folded(world, tallies, *some_events(random.Random(9), 50))
    spoil(world)
    source, moves = Schedule(range(PARTITIONS)), iter(range(5))
    live = projector(world, source, tallies)

    def meanwhile(_: int, upto: int) -> None:
        if (seed := next(moves, None)) is None:
            return
        world.record(*some_events(random.Random(seed), 5))
        source.records = {p: [] for p in range(PARTITIONS)}
        source.send(world.messages(PARTITIONS))
        source.read = dict.fromkeys(range(PARTITIONS), 0)
        drain(live)

    checked = rebuild(tallies.projection, world.store, world.read_models, PARTITIONS, check=True, progress=meanwhile)
    assert checked.same is False
    assert checked.difference is not None
    assert (checked.difference.table, checked.difference.fault) == ("tallies", "different")


def test_each_partition_is_folded_exactly_up_to_its_live_position(world: World) -> None:
    tallies = Tallies()
    source = folded(world, tallies, *some_events(random.Random(3), 300), held_back=9)
    live = world.digest(tallies)
    rebuilt = rebuild(tallies.projection, world.store, world.read_models, PARTITIONS)
    assert rebuilt.same is True
    assert world.digest(tallies) == live
    assert world.rows(tallies) != world.recomputed(tallies)
    drain(projector(world, source, tallies))
    assert world.rows(tallies) == world.recomputed(tallies)


def test_the_live_read_model_continues_while_another_one_is_built(world: World) -> None:
    tallies = Tallies()
    folded(world, tallies, *some_events(random.Random(4), 200))
    source = Schedule(range(PARTITIONS))
    live = projector(world, source, tallies)

    def meanwhile(at: int, upto: int) -> None:
        world.record(*some_events(random.Random(at), 5))
        source.records = {p: [] for p in range(PARTITIONS)}
        source.send(world.messages(PARTITIONS))
        source.read = dict.fromkeys(range(PARTITIONS), 0)
        drain(live)

    assert rebuild(tallies.projection, world.store, world.read_models, PARTITIONS, progress=meanwhile).same is True
    meanwhile(0, 0)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_new_version_takes_over_at_the_head_of_the_log(world: World) -> None:
    folded(world, Tallies(), *some_events(random.Random(5), 50))
    world.record(*some_events(random.Random(6), 50))
    newer = Tallies(version=2)
    rebuilt = rebuild(newer.projection, world.store, world.read_models, PARTITIONS)
    assert (rebuilt.same, rebuilt.swapped, rebuilt.position) == (None, True, 100)
    assert world.rows(newer) == world.recomputed(newer)
    world.record(*some_events(random.Random(7), 50))
    source = Schedule(range(PARTITIONS))
    source.send(world.messages(PARTITIONS))
    drain(projector(world, source, newer))
    assert world.rows(newer) == world.recomputed(newer)


def test_a_projector_that_waits_for_the_rebuild_continues_after_it(world: World) -> None:
    folded(world, Tallies(), *some_events(random.Random(8), 20))
    newer, source = Tallies(version=2), Schedule(range(PARTITIONS))
    source.send(world.messages(PARTITIONS))
    waiting = projector(world, source, newer)
    drain(waiting)
    rebuild(newer.projection, world.store, world.read_models, PARTITIONS)
    waiting._clock.now = 6  # type: ignore[attr-defined]
    world.record(*some_events(random.Random(9), 20))
    source.send(m for m in world.messages(PARTITIONS) if m.stored.position > 20)
    drain(waiting)
    assert waiting.status().healthy
    assert world.rows(newer) == world.recomputed(newer)


def test_another_number_of_partitions_needs_a_rebuild(world: World) -> None:
    tallies = Tallies()
    folded(world, tallies, *some_events(random.Random(10), 60))
    rebuild(tallies.projection, world.store, world.read_models, 6)
    world.record(*some_events(random.Random(11), 60))
    source = Schedule(range(6))
    source.topic_id = "six"
    source.send(world.messages(6))
    drain(projector(world, source, tallies, partitions=6))
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_read_model_that_was_never_started_is_built_from_the_log(world: World) -> None:
    world.record(*some_events(random.Random(12), 60))
    tallies = Tallies()
    rebuild(tallies.projection, world.store, world.read_models, 1)
    assert world.rows(tallies) == world.recomputed(tallies)
    world.record(*some_events(random.Random(13), 10))
    drain(world.tailing(tallies))
    assert world.rows(tallies) == world.recomputed(tallies)


def test_rebuilding_again_and_again_leaves_the_same_tables_and_indexes(world: World) -> None:
    tallies = Tallies()
    world.record(*some_events(random.Random(14), 20))
    drain(world.tailing(tallies))
    before = tables_in(world.read_models)
    for _ in range(3):
        assert rebuild(tallies.projection, world.store, world.read_models, 1).same is True
    assert tables_in(world.read_models) == before
    with world.read_models.reader.connect() as connection:
        assert len(inspect(connection).get_indexes("tallies")) == 1


def test_a_rebuild_skips_discarded_events_and_sets_failing_ones_aside(world: World) -> None:
    tallies = Tallies()
    tallies.poison = {2, 5}
    world.record(*[(subject, Added(amount=1)) for subject in (ANN, ANN, ANN, BEN, BEN, BEN)])
    drain(world.tailing(tallies))
    dead_letters.discard(tallies.projection, world.store, world.read_models, 1, 2)
    assert world.letters() == [(5, BEN), (6, BEN)]
    rebuilt = rebuild(tallies.projection, world.store, world.read_models, 1)
    assert (rebuilt.same, rebuilt.dead_letters) == (True, 2)
    assert world.letters() == [(5, BEN), (6, BEN)]
    assert world.letters("tallies/rebuild") == []
    tallies.poison = set()
    assert rebuild(tallies.projection, world.store, world.read_models, 1).dead_letters == 0
    assert world.letters() == []
    totals = {subject: row["total"] for subject, row in world.rows(tallies).items()}
    assert totals == {ANN: 2, BEN: 3}


def test_a_failing_event_for_everyone_ends_the_rebuild_and_changes_nothing(world: World) -> None:
    tallies = Tallies()
    world.record((ANN, Added(amount=1)), (BEN, Raised(by=1)))
    drain(world.tailing(tallies))
    tallies.poison = {2}
    with pytest.raises(ForEveryone):
        rebuild(tallies.projection, world.store, world.read_models, 1)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_positions_that_the_log_never_routed_are_rejected(world: World) -> None:
    tallies = Tallies()
    folded(world, tallies, *some_events(random.Random(15), 30))
    with world.read_models.writer.begin() as connection:
        connection.execute(text("UPDATE positions SET position = 1000000"))
    with pytest.raises(Disagrees):
        rebuild(tallies.projection, world.store, world.read_models, PARTITIONS)


def test_a_rebuild_that_another_version_started_is_restarted(world: World) -> None:
    world.record(*some_events(random.Random(16), 50))
    first = Tallies(version=1)
    with pytest.raises(KeyboardInterrupt):
        rebuild(first.projection, world.store, world.read_models, 1, progress=interrupted)
    second = Tallies(version=2)
    rebuild(second.projection, world.store, world.read_models, 1)
    assert world.rows(second) == world.recomputed(second)


@pytest.mark.parametrize("check", [True, False])
def test_a_rebuild_that_is_further_than_the_live_rows_restarts(world: World, check: bool) -> None:
    world.record(*some_events(random.Random(18), 50))
    tallies = Tallies()
    with pytest.raises(KeyboardInterrupt):
        rebuild(tallies.projection, world.store, world.read_models, 1, progress=interrupted)
    start_live_rows(world, tallies)
    rebuilt = rebuild(tallies.projection, world.store, world.read_models, 1, check=check)
    assert (rebuilt.same, rebuilt.position) == (True, 0)
    drain(world.tailing(tallies))
    assert world.rows(tallies) == world.recomputed(tallies)


@pytest.mark.parametrize("check", [True, False])
def test_live_rows_that_start_during_a_rebuild_are_compared_and_continue(world: World, check: bool) -> None:
    world.record(*some_events(random.Random(19), 50))
    tallies = Tallies()

    def started(at: int, upto: int) -> None:
        start_live_rows(world, tallies)

    assert rebuild(tallies.projection, world.store, world.read_models, 1, check=check, progress=started).same is True
    drain(world.tailing(tallies))
    assert world.rows(tallies) == world.recomputed(tallies)


def start_live_rows(world: World, tallies: Tallies) -> None:
    """As a projector does when it starts; once."""
    with world.read_models.writer.begin() as connection:
        if registered(connection, "tallies") is None:
            begin(connection, "tallies", 1, 1, "")
            create_tables(connection, tallies.projection.tables)


def interrupted(at: int, upto: int) -> None:
    raise KeyboardInterrupt


def test_completeness_holds_across_a_rebuild(world: World) -> None:
    world.record(*some_events(random.Random(17), 50))
    tallies = Tallies()
    drain(world.tailing(tallies))
    rebuild(tallies.projection, world.store, world.read_models, 1)
    assert Completeness(world.read_models).up_to("tallies") == 50


def several() -> list[Tallies]:
    """Read models that want different events, one of them nothing that is there."""
    wanted = ("crm.tally.added.v1",), ("crm.tally.linked.v1", "crm.tally.raised.v1"), ("crm.tally.lost.v1",)
    return [Tallies("all_of_them"), *(Tallies(f"some_{n}", reads=frozenset(types)) for n, types in enumerate(wanted))]


def noted(monkeypatch: pytest.MonkeyPatch, of: object, method: str) -> list[tuple[Any, ...]]:
    """The arguments of each call of the method from now on."""
    calls: list[tuple[Any, ...]] = []
    plain = getattr(of, method)

    def called(*arguments: Any) -> Any:
        calls.append(arguments)
        return plain(*arguments)

    monkeypatch.setattr(of, method, called)
    return calls


def all_rows(world: World, each: list[Tallies]) -> list[dict[UUID, Row]]:
    return [world.rows(tallies) for tallies in each]


def test_all_read_models_are_rebuilt_with_one_reading_of_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.record(*some_events(random.Random(20), 300))
    alone, together = several(), several()
    for tallies in alone:
        rebuild(tallies.projection, world.store, world.read_models, 1)
    expected = all_rows(world, alone)
    read, decoded = noted(monkeypatch, world.store, "log"), noted(monkeypatch, world.store, "decode_one")
    ended = list(rebuild_all([tallies.projection for tallies in together], world.store, world.read_models, 1))
    assert [after for after, *_ in read] == [0]
    assert len(decoded) == len({stored.position for stored, _ in decoded}) > 0
    assert [isinstance(one, Rebuilt) and one.same for _, one in ended] == [True] * len(together)
    assert all_rows(world, together) == expected


def test_a_check_of_all_finds_the_one_that_is_spoiled(world: World) -> None:
    world.record(*some_events(random.Random(21), 100))
    each = [Tallies("tallies"), Tallies("others")]
    for tallies in each:
        drain(world.tailing(tallies))
    spoil(world)
    before = all_rows(world, each), tables_in(world.read_models)
    checked = rebuild_all([tallies.projection for tallies in each], world.store, world.read_models, 1, check=True)
    assert {name: isinstance(one, Rebuilt) and one.same for name, one in checked} == {"tallies": False, "others": True}
    assert (all_rows(world, each), tables_in(world.read_models)) == before


def test_one_that_cannot_be_rebuilt_does_not_hold_back_the_others(world: World) -> None:
    world.record((ANN, Added(amount=1)), (BEN, Raised(by=1)), (ANN, Added(amount=2)))
    failing, fine = Tallies("failing"), Tallies("fine")
    failing.poison = {2}
    ended = dict(rebuild_all([failing.projection, fine.projection], world.store, world.read_models, 1))
    assert isinstance(ended["failing"], ForEveryone)
    assert isinstance(ended["fine"], Rebuilt)
    assert world.rows(fine) == world.recomputed(fine)


def test_an_event_that_one_cannot_fold_is_set_aside_there_alone(world: World) -> None:
    world.record(*some_events(random.Random(22), 60))
    failing, fine = Tallies("failing"), Tallies("fine")
    failing.poison = {next(one.position for one in world.store.log(0, 60) if one.type == "crm.tally.added.v1")}
    ended = dict(rebuild_all([failing.projection, fine.projection], world.store, world.read_models, 1))
    letters = {name: one.dead_letters for name, one in ended.items() if isinstance(one, Rebuilt)}
    assert letters["failing"] > 0
    assert letters["fine"] == 0
    assert world.rows(fine) == world.recomputed(fine)


def test_an_interrupted_rebuild_of_all_continues_where_each_one_is(world: World) -> None:
    world.record(*some_events(random.Random(23), 50))
    first, second = Tallies("first"), Tallies("second")
    with pytest.raises(KeyboardInterrupt):
        rebuild(first.projection, world.store, world.read_models, 1, progress=interrupted)
    world.record(*some_events(random.Random(24), 50))
    ended = list(rebuild_all([first.projection, second.projection], world.store, world.read_models, 1))
    assert [name for name, one in ended if isinstance(one, Rebuilt)] == ["first", "second"]
    assert first.batches == [50, 50]
    for tallies in (first, second):
        assert world.rows(tallies) == world.recomputed(tallies)


def test_the_live_read_models_continue_while_all_are_built(world: World) -> None:
    each = [Tallies("first"), Tallies("second")]
    world.record(*some_events(random.Random(25), 200))
    live = [world.tailing(tallies) for tallies in each]
    for one in live:
        drain(one)

    def meanwhile(at: int, upto: int) -> None:
        world.record(*some_events(random.Random(at), 5))
        drain(live[0])

    ended = rebuild_all([tallies.projection for tallies in each], world.store, world.read_models, 1, progress=meanwhile)
    assert [isinstance(one, Rebuilt) and one.same for _, one in ended] == [True, True]
    for one, tallies in zip(live, each, strict=True):
        drain(one)
        assert world.rows(tallies) == world.recomputed(tallies)


@pytest.mark.faults
def test_a_rebuild_that_is_killed_continues_at_its_position(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    tallies = Tallies()
    for seed in range(6):
        world.record(*some_events(random.Random(seed), 500))
    drain(world.tailing(tallies))
    on_postgres = world.read_models.writer.dialect.name == "postgresql"
    place = request.getfixturevalue("recording_database_url") if on_postgres else str(tmp_path)
    for _ in range(3):
        kill_on_the_way(place)
    reached: list[int] = []
    rebuilt = rebuild(tallies.projection, world.store, world.read_models, 1, progress=lambda at, _: reached.append(at))
    assert rebuilt.same is True
    assert reached[0] > 600
    assert world.rows(tallies) == world.recomputed(tallies)


def kill_on_the_way(place: str) -> None:
    command = [sys.executable, "-m", "tests.consumers.rebuilding.rebuild_process", place, "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline()
        process.kill()
