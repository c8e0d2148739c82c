"""An event that cannot be folded is set aside for one read model, with the events that must wait for it."""

import random
from collections.abc import Collection
from uuid import UUID

import pytest
from sqlalchemy import text

from consumers.projecting import dead_letters
from domain.shared.events import Event
from infra.event_store.mapper import Stored
from infra.read_models.completeness import Completeness
from infra.read_models.positions import EVERYONE, Outdated
from tests.consumers.tallies import SUBJECTS, Added, Clock, Linked, Raised, Tallies, World, drain

ANN, BEN, CAT = SUBJECTS[:3]


def added(*subjects: UUID) -> list[tuple[UUID, Event]]:
    return [(subject, Added(amount=1, name="Ms Secret")) for subject in subjects]


def total(world: World, tallies: Tallies, subject: UUID) -> int:
    row = world.rows(tallies).get(subject)
    return int(row["total"]) if row else 0


def test_a_failing_event_and_the_later_events_of_its_subject_are_set_aside_and_the_rest_is_folded(world: World) -> None:
    world.record(*added(ANN, ANN, BEN, ANN, BEN))
    tallies, bystander = Tallies(), Tallies("bystander")
    tallies.poison = {2}
    one = world.tailing(tallies, bystander)
    drain(one)
    assert world.letters() == [(2, ANN), (4, ANN)]
    assert (total(world, tallies, ANN), total(world, tallies, BEN)) == (1, 2)
    assert world.rows(bystander) == world.recomputed(bystander)
    assert [each.dead_letters for each in one.status().projections] == [2, 0]
    assert not one.status().healthy


def test_later_batches_wait_too(world: World) -> None:
    world.record(*added(ANN))
    tallies = Tallies()
    tallies.poison = {1}
    one = world.tailing(tallies)
    drain(one)
    world.record(*added(ANN, BEN))
    drain(one)
    assert world.letters() == [(1, ANN), (2, ANN)]
    assert total(world, tallies, BEN) == 1


def test_a_failing_event_with_two_subjects_sets_both_aside(world: World) -> None:
    world.record((ANN, Linked(other=BEN)), *added(ANN, BEN, CAT))
    tallies = Tallies()
    tallies.poison = {1}
    drain(world.tailing(tallies))
    assert world.letters() == sorted([(1, ANN), (1, BEN), (2, ANN), (3, BEN)])
    assert total(world, tallies, CAT) == 1


def test_an_event_of_a_waiting_subject_and_another_one_reaches_only_the_other_one(world: World) -> None:
    world.record(*added(ANN), (BEN, Linked(other=ANN)), *added(BEN))
    tallies = Tallies()
    tallies.poison = {1}
    drain(world.tailing(tallies))
    assert world.letters() == [(1, ANN), (2, ANN)]
    assert total(world, tallies, BEN) == 2


def test_a_dead_letter_holds_no_personal_data(world: World) -> None:
    world.record(*added(ANN))
    tallies = Tallies()
    tallies.poison = {1}
    drain(world.tailing(tallies))
    [letter] = dead_letters.listed(world.read_models)
    assert (letter.type, letter.error, letter.tries, letter.discarded) == ("crm.tally.added.v1", "Poisoned", 1, False)
    assert "tallies.py" in letter.traceback
    assert "_apply" in letter.traceback
    assert "Secret" not in str(letter)


def test_a_retry_folds_the_waiting_events_in_order(world: World) -> None:
    world.record(*added(ANN, BEN, ANN, ANN))
    tallies = Tallies()
    tallies.poison = {1}
    one = world.tailing(tallies)
    drain(one)
    tallies.poison = set()
    assert dead_letters.retry(tallies.projection, world.store, world.read_models, 1) == (3, 0)
    assert world.rows(tallies) == world.recomputed(tallies)
    world.record(*added(ANN))
    drain(one)
    assert world.rows(tallies) == world.recomputed(tallies)
    assert one.status().healthy


def test_a_retry_that_fails_again_counts_the_try_and_keeps_order(world: World) -> None:
    world.record(*added(ANN, ANN, ANN))
    tallies = Tallies()
    tallies.poison = {1}
    drain(world.tailing(tallies))
    tallies.poison = {2}
    assert dead_letters.retry(tallies.projection, world.store, world.read_models, 1, ANN) == (1, 2)
    assert world.letters() == [(2, ANN), (3, ANN)]
    assert [letter.tries for letter in dead_letters.listed(world.read_models, "tallies")] == [2, 1]
    assert total(world, tallies, ANN) == 1


def test_a_discarded_event_is_skipped_and_the_events_that_waited_for_it_are_folded(world: World) -> None:
    world.record(*added(ANN, ANN, ANN))
    tallies = Tallies()
    tallies.poison = {2}
    drain(world.tailing(tallies))
    assert dead_letters.discard(tallies.projection, world.store, world.read_models, 1, 2) == (1, 0)
    assert world.letters() == []
    assert total(world, tallies, ANN) == 2
    assert dead_letters.discard(tallies.projection, world.store, world.read_models, 1, 2) is None


def test_a_failing_event_for_everyone_stops_only_this_projection_and_is_reported(world: World) -> None:
    world.record(*added(ANN), (BEN, Raised(by=5)), *added(ANN))
    tallies, bystander, clock = Tallies(), Tallies("bystander"), Clock()
    tallies.poison = {2}
    one = world.tailing(tallies, bystander, clock=clock)
    drain(one)
    status = {each.name: each for each in one.status().projections}
    assert (status["tallies"].state, status["tallies"].positions) == ("stopped", {0: 1})
    assert status["tallies"].reason == "Poisoned at position 2"
    assert world.letters() == [(2, EVERYONE)]
    assert world.rows(bystander) == world.recomputed(bystander)
    clock.now, tallies.poison = 31, set()
    drain(one)
    assert one.status().healthy
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_failing_event_for_everyone_can_be_discarded(world: World) -> None:
    world.record(*added(ANN), (BEN, Raised(by=5)), *added(ANN))
    tallies, clock = Tallies(), Clock()
    tallies.poison = {2}
    one = world.tailing(tallies, clock=clock)
    drain(one)
    clock.now = 31
    drain(one)
    [letter] = dead_letters.listed(world.read_models)
    assert letter.tries == 2
    assert dead_letters.discard(tallies.projection, world.store, world.read_models, 1, 2) == (0, 0)
    clock.now = 62
    drain(one)
    assert total(world, tallies, ANN) == 2
    assert one.status().healthy


def rename_type(world: World, position: int) -> None:
    """Makes the log return an event of a type that the code does not know."""
    real = world.store.log

    def log(
        after: int,
        limit: int,
        upto: int | None = None,
        types: Collection[str] | None = None,
        *,
        unless: Collection[str] | None = None,
        backwards: bool = False,
    ) -> list[Stored]:
        found = real(after, limit, upto, types, unless=unless, backwards=backwards)
        return [renamed(one) if one.position == position else one for one in found]

    def renamed(one: Stored) -> Stored:
        return one._replace(type="crm.tally.unknown.v1", state=one.state.replace(b"tally.added.v1", b"tally.unknown.v1"))

    world.store.log = log  # type: ignore[method-assign]


def test_a_subject_with_dead_letters_is_complete_only_up_to_before_the_first_one(world: World) -> None:
    world.record(*added(BEN, ANN, BEN))
    tallies = Tallies()
    tallies.poison = {2}
    drain(world.tailing(tallies))
    completeness = Completeness(world.read_models)
    assert completeness.up_to("tallies", ANN) == 1
    assert completeness.up_to("tallies", BEN) == 3
    assert completeness.up_to("tallies") == 1


@pytest.mark.parametrize("seed", range(4))
def test_after_a_retry_the_rows_are_as_if_nothing_had_failed(world: World, seed: int) -> None:
    dice = random.Random(seed)
    world.record(*[(dice.choice(SUBJECTS), Added(amount=number)) for number in range(60)])
    world.record(*[(dice.choice(SUBJECTS[:4]), Linked(other=dice.choice(SUBJECTS[4:]))) for _ in range(10)])
    tallies = Tallies()
    tallies.poison = set(dice.sample(range(1, 71), 6))
    drain(world.tailing(tallies))
    tallies.poison = set()
    dead_letters.retry(tallies.projection, world.store, world.read_models, 1)
    assert world.letters() == []
    assert world.rows(tallies) == world.recomputed(tallies)


def test_there_is_no_retry_while_the_read_model_is_outdated(world: World) -> None:
    world.record(*added(ANN))
    tallies = Tallies()
    tallies.poison = {1}
    drain(world.tailing(tallies))
    with world.read_models.writer.begin() as connection:
        connection.execute(text("UPDATE projections SET version = 9"))
    with pytest.raises(Outdated):
        dead_letters.retry(tallies.projection, world.store, world.read_models, 1)
    assert world.letters() == [(1, ANN)]
