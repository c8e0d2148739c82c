"""What nobody here understands holds back its subjects in every read model, until somebody understands it."""

import random

import pytest
from sqlalchemy import text

from consumers.projecting import dead_letters
from consumers.projecting.arrivals import nobody_on
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from consumers.rebuilding.rebuild import rebuild
from domain.shared.events import Event, type_name
from infra import wiring
from infra.event_store.mapper import Mapper
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.read_models.completeness import Completeness
from infra.read_models.positions import EVERYONE
from tests.consumers.projecting.test_dead_letters import ANN, BEN, CAT, added, total
from tests.consumers.tallies import (
    EVENTS,
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
)


def knowing(world: World, *unknown: type[Event]) -> World:
    """The same stores, as a version of the code has them that does not know these types."""
    every: tuple[type[Event], ...] = (*EVENTS, *wiring.EVENTS)
    known = [event for event in every if event not in unknown]
    return World(EventStore(world.store._recorder, Mapper(known), Vault(b"k" * 32)), world.read_models)


def reading(name: str, *events: type[Event]) -> Tallies:
    return Tallies(name, reads=frozenset(map(type_name, events)))


def change(world: World, position: int, column: str, value: object) -> None:
    """Changes a row of the log behind the application's back."""
    recorder = world.store._recorder
    if isinstance(recorder, SqliteRecorder):
        with recorder._reading() as connection:
            connection.execute(f"UPDATE stored_events SET {column} = ? WHERE rowid = ?", [value, position])
            connection.commit()
    else:
        assert isinstance(recorder, PostgresRecorder)
        with recorder._connection() as connection:
            connection.execute(f"UPDATE stored_events SET {column} = %s WHERE notification_id = %s", [value, position])


def test_an_unknown_type_sets_its_subject_aside_in_every_read_model_and_the_rest_goes_on(world: World) -> None:
    world.record(*added(ANN, BEN), (ANN, Ignored()), *added(ANN, BEN))
    older = knowing(world, Ignored)
    wide, narrow, other = Tallies("wide"), reading("narrow", Added), reading("other", Linked)
    one = older.tailing(wide, narrow, other)
    drain(one)
    assert [world.letters(name) for name in ("wide", "narrow", "other")] == [[(3, ANN), (4, ANN)]] * 2 + [[(3, ANN)]]
    assert [letter.error for letter in dead_letters.listed(world.read_models, "other")] == ["UnknownEventType"]
    assert (total(world, narrow, ANN), total(world, narrow, BEN)) == (1, 2)
    completeness = Completeness(world.read_models)
    for name in ("wide", "narrow", "other"):
        assert [completeness.up_to(name, subject) for subject in (ANN, BEN, None)] == [2, 5, 2]
    assert not one.status().healthy
    assert dead_letters.unreadable(world.read_models) == (1, [3])


def test_a_version_that_knows_the_type_folds_what_was_set_aside_by_itself_and_in_order(world: World) -> None:
    world.record(*added(ANN), (BEN, Linked(other=ANN)), *added(ANN, BEN, CAT), (ANN, Linked(other=CAT)), *added(CAT))
    tallies, narrow = Tallies(), reading("narrow", Added)
    drain(knowing(world, Linked).tailing(tallies, narrow))
    assert {subject for _, subject in world.letters()} == {ANN, BEN, CAT}
    newer = world.tailing(tallies, narrow)
    drain(newer)
    assert world.letters() == world.letters("narrow") == []
    assert world.rows(tallies) == world.recomputed(tallies)
    assert total(world, narrow, ANN) == 2
    assert newer.status().healthy


def test_a_version_that_still_does_not_know_the_type_leaves_its_subjects_alone(world: World) -> None:
    world.record((ANN, Ignored()), (ANN, Linked(other=BEN)))
    tallies = Tallies()
    drain(knowing(world, Ignored, Linked).tailing(tallies))
    drain(knowing(world, Ignored).tailing(tallies))
    assert world.letters() == [(1, ANN), (2, ANN)]
    assert [letter.tries for letter in dead_letters.listed(world.read_models)] == [1, 1]
    drain(world.tailing(tallies))
    assert world.rows(tallies) == world.recomputed(tallies)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_the_older_and_the_newer_version_read_in_turn_nothing_is_lost_or_doubled(world: World, seed: int) -> None:
    dice = random.Random(seed)
    tallies, narrow, clock = Tallies(), reading("narrow", Added), Clock()
    for _ in range(6):
        for _ in range(dice.randrange(1, 12)):
            subject = dice.choice(SUBJECTS)
            world.record(
                (subject, dice.choice((Added(amount=1), Ignored(), Linked(other=dice.choice(SUBJECTS)), Raised(by=2))))
            )
        unknown = dice.choice(((), (Ignored,), (Linked,), (Ignored, Linked)))
        clock.now += 31
        drain(knowing(world, *unknown).tailing(tallies, narrow, clock=clock))
        rebuild(narrow.projection, knowing(world, *unknown).store, world.read_models, 1)
    drain(world.tailing(tallies, narrow))
    assert world.letters() == world.letters("narrow") == []
    assert world.rows(tallies) == world.recomputed(tallies)
    assert rebuild(narrow.projection, world.store, world.read_models, 1, check=True).same


def test_a_projector_that_goes_on_folds_what_an_older_one_set_aside_meanwhile(world: World) -> None:
    tallies, clock = Tallies(), Clock()
    newer = world.tailing(tallies, clock=clock)
    drain(newer)
    world.record(*added(ANN), (ANN, Linked(other=BEN)))
    drain(knowing(world, Linked).tailing(tallies))
    assert world.letters() == [(2, ANN), (2, BEN)]
    clock.now = 31
    drain(newer)
    assert world.letters() == []
    assert world.rows(tallies) == world.recomputed(tallies)


def test_an_unknown_event_for_everyone_stops_only_the_read_models_that_fold_such_events(world: World) -> None:
    world.record(*added(ANN, BEN), (CAT, Raised(by=5)), *added(ANN, CAT))

    class Shifted(Event, frozen=True, tag="crm.tally.shifted.v1"):
        """Another event for everyone, which every version knows."""

        def everyone(self) -> bool:
            return True

    store = EventStore(world.store._recorder, Mapper((Added, Shifted)), Vault(b"k" * 32))
    folds, narrow, clock = Tallies(), reading("narrow", Added), Clock()
    one = Projector([folds.projection, narrow.projection], Tail(store), store, world.read_models, 1, clock=clock)
    drain(one)
    assert (world.letters(), world.letters("narrow")) == ([(3, EVERYONE)], [(3, CAT), (5, CAT)])
    assert [each.state for each in one.status().projections] == ["stopped", "live"]
    assert total(world, narrow, ANN) == 2
    drain(world.tailing(folds, narrow))
    assert world.letters() == world.letters("narrow") == []
    assert world.rows(folds) == world.recomputed(folds)
    assert total(world, narrow, CAT) == 1


def test_a_read_model_that_learns_to_fold_an_event_for_everyone_afterwards_is_built_again(world: World) -> None:
    world.record(*added(ANN, BEN), (CAT, Raised(by=5)), *added(ANN))
    before, after = reading("tallies", Added), reading("tallies", Added, Raised)
    drain(knowing(world, Raised).tailing(before))
    newer = world.tailing(after)
    drain(newer)
    [status] = newer.status().projections
    assert (status.state, status.healthy) == ("outdated", False)
    assert not newer.status().healthy
    rebuild(after.projection, world.store, world.read_models, 1)
    assert world.rows(after) == world.recomputed(after)
    assert world.letters() == []


def test_an_event_for_everyone_that_only_a_newer_version_folds_is_not_lost_on_the_partitions_of_an_older_one(
    world: World,
) -> None:
    world.record(*added(ANN, BEN), (ANN, Raised(by=5)), *added(BEN))
    before, after = reading("tallies", Added), reading("tallies", Added, Raised)

    def project(version: World, tallies: Tallies, *partitions: int) -> Projector:
        source = Schedule(partitions)
        source.send(world.messages(2))
        one = Projector([tallies.projection], source, version.store, world.read_models, 2)
        drain(one)
        return one

    assert [subject.int % 2 for subject in (ANN, BEN)] == [0, 1]
    project(world, after, 0)
    project(knowing(world, Raised), before, 1)
    assert (total(world, after, ANN), total(world, after, BEN)) == (6, 2)
    assert world.letters() == [(3, nobody_on(1, 2))]
    assert Completeness(world.read_models, 2).up_to("tallies") == 2
    [status] = project(world, after, 0, 1).status().projections
    assert (status.state, status.healthy) == ("outdated", False)
    rebuild(after.projection, world.store, world.read_models, 2)
    assert world.rows(after) == world.recomputed(after)
    assert world.letters() == []


def test_an_event_for_everyone_that_only_a_retry_could_not_read_needs_no_rebuild(world: World) -> None:
    world.record(*added(ANN, BEN), (ANN, Ignored()), (ANN, Raised(by=5)))
    tallies = Tallies()
    drain(knowing(world, Ignored).tailing(tallies))
    assert (world.letters(), total(world, tallies, BEN)) == ([(3, ANN), (4, ANN)], 6)
    drain(knowing(world, Raised).tailing(tallies))
    assert world.letters() == [(4, ANN)]
    newer = world.tailing(tallies)
    drain(newer)
    assert (world.letters(), newer.status().healthy) == ([], True)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_row_that_names_another_type_than_its_json_holds_back_until_it_is_restored(world: World) -> None:
    world.record(*added(ANN, BEN), (ANN, Linked(other=CAT)), *added(ANN, BEN))
    change(world, 3, "topic", type_name(Ignored))
    tallies, narrow, clock = Tallies(), reading("narrow", Linked), Clock()
    one = world.tailing(tallies, narrow, clock=clock)
    drain(one)
    assert world.letters("narrow") == [(3, ANN), (3, CAT)]
    assert {letter.error for letter in dead_letters.listed(world.read_models, "narrow")} == {
        "MisnamedEvent from ValidationError"
    }
    assert dead_letters.unreadable(world.read_models) == (1, [3])
    change(world, 3, "topic", type_name(Linked))
    clock.now = 31
    drain(one)
    assert world.letters() == world.letters("narrow") == []
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_damaged_event_is_folded_by_itself_once_its_row_is_restored(world: World) -> None:
    world.record(*added(ANN, BEN, ANN))
    [whole] = world.store.log(0, 1, 1)
    change(world, 1, "state", whole.state.replace(b'"amount":1', b'"amount":"one"'))
    tallies, clock = Tallies(), Clock()
    one = world.tailing(tallies, clock=clock)
    drain(one)
    assert (world.letters(), total(world, tallies, BEN)) == ([(1, ANN), (3, ANN)], 1)
    change(world, 1, "state", whole.state)
    clock.now = 31
    drain(one)
    assert world.letters() == []
    assert world.rows(tallies) == world.recomputed(tallies)


def test_an_event_for_everyone_that_fails_while_its_own_subject_waits_is_met_again_in_order(world: World) -> None:
    world.record(*added(ANN, BEN), (ANN, Raised(by=5)), *added(BEN))
    tallies, clock = Tallies(), Clock()
    tallies.poison = {1, 3}
    one = world.tailing(tallies, clock=clock)
    for now in (0, 31, 62):
        clock.now = now
        drain(one)
        [status] = one.status().projections
        assert (status.state, status.reason) == ("stopped", "Poisoned at position 3")
    assert world.letters() == [(1, ANN), (3, EVERYONE)]
    clock.now, tallies.poison = 93, {1}
    drain(one)
    assert world.letters() == [(1, ANN), (3, ANN)]
    tallies.poison = set()
    dead_letters.retry(tallies.projection, world.store, world.read_models, 1)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_discarded_unknown_event_stays_discarded(world: World) -> None:
    world.record(*added(ANN), (ANN, Linked(other=BEN)), *added(ANN))
    tallies = Tallies()
    older = knowing(world, Linked)
    drain(older.tailing(tallies))
    assert dead_letters.discard(tallies.projection, older.store, world.read_models, 1, 2) == (1, 0)
    drain(world.tailing(tallies))
    assert total(world, tallies, ANN) == 2
    with world.read_models.reader.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM dead_letters WHERE discarded = 1")).scalar() == 2
