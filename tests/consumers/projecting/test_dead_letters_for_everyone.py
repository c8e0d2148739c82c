"""Waiting subjects skip events for everyone. A retry folds these events in order, so its rows are those of a rebuild."""

import random
from collections.abc import Sequence
from uuid import UUID

import pytest

from consumers.projecting import dead_letters
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from consumers.rebuilding.rebuild import rebuild
from domain.customers.customer.events import ANNOTATIONS, Registered
from domain.segmentation.segment_model import Activated
from domain.shared.events import Event
from projections.segmentation.segment_labels import segment_labels
from projections.shared.projection import Delivery
from projections.shared.rows import Rows
from tests.consumers.projecting.test_dead_letters import ANN, BEN, CAT, added, rename_type, total
from tests.consumers.tallies import SUBJECTS, Added, Linked, Poisoned, Raised, Tallies, World, drain
from tests.projections.segmentation.given_segments import fit

AttributesSet = ANNOTATIONS.attributes_set

MODEL = UUID(int=0x5E6)


def retried(world: World, tallies: Tallies, subject: UUID | None = None) -> tuple[int, int]:
    return dead_letters.retry(tallies.projection, world.store, world.read_models, 1, subject)


def test_waiting_subjects_skip_an_event_for_everyone(world: World) -> None:
    world.record(*added(ANN, BEN, ANN, BEN), (CAT, Raised(by=5)))
    tallies = Tallies()
    tallies.poison = {3}
    drain(world.tailing(tallies))
    assert (total(world, tallies, ANN), total(world, tallies, BEN)) == (1, 7)


@pytest.mark.parametrize("batches", [1, 6])
def test_a_retry_folds_skipped_events_for_everyone_in_the_order_of_the_log(world: World, batches: int) -> None:
    events: list[tuple[UUID, Event]] = [*added(ANN, ANN), (CAT, Raised(by=5)), *added(ANN), (ANN, Raised(by=7)), *added(BEN)]
    tallies = Tallies()
    tallies.poison = {2}
    one = world.tailing(tallies)
    for start in range(0, 6, 6 // batches):
        world.record(*events[start : start + 6 // batches])
        drain(one)
    assert world.letters() == [(2, ANN), (4, ANN), (5, ANN)]
    tallies.poison = set()
    assert retried(world, tallies) == (3, 0)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_subject_whose_retry_fails_on_an_event_for_everyone_still_waits(world: World) -> None:
    world.record(*added(ANN, ANN), (CAT, Raised(by=5)), *added(ANN))
    tallies = Tallies()
    tallies.poison = {2}
    drain(world.tailing(tallies))
    tallies.poison = {3}
    assert retried(world, tallies, ANN) == (0, 2)
    assert (world.letters(), total(world, tallies, ANN)) == ([(2, ANN), (4, ANN)], 1)
    tallies.poison = set()
    assert retried(world, tallies, ANN) == (2, 0)
    assert world.rows(tallies) == world.recomputed(tallies)


def test_events_for_everyone_after_a_discarded_event_are_folded(world: World) -> None:
    world.record(*added(ANN, ANN), (CAT, Raised(by=5)), *added(ANN), (CAT, Raised(by=7)))
    tallies = Tallies()
    tallies.poison = {2}
    drain(world.tailing(tallies))
    tallies.poison = {2, 3}
    assert dead_letters.discard(tallies.projection, world.store, world.read_models, 1, 2) == (0, 2)
    tallies.poison = {2}
    assert dead_letters.discard(tallies.projection, world.store, world.read_models, 1, 2) == (1, 0)
    assert total(world, tallies, ANN) == 1 + 5 + 1 + 7
    assert rebuild(tallies.projection, world.store, world.read_models, 1, check=True).same


def test_an_event_for_everyone_before_one_that_cannot_be_decoded_is_not_skipped(world: World) -> None:
    world.record(*added(ANN))
    tallies = Tallies()
    one = world.tailing(tallies)
    drain(one)
    world.record((CAT, Raised(by=5)), *added(ANN), (CAT, Raised(by=7)))
    rename_type(world, 3)
    drain(one)
    assert (world.letters(), total(world, tallies, ANN)) == ([(3, ANN)], 6)


@pytest.mark.parametrize("seed", range(4))
def test_a_retry_gives_the_rows_of_a_rebuild_for_any_events_set_aside(world: World, seed: int) -> None:
    dice = random.Random(seed)

    def event() -> Event:
        others = (Linked(other=dice.choice(SUBJECTS[4:])), Raised(by=dice.randrange(9)))
        return dice.choice((*others, *[Added(amount=dice.randrange(9))] * 3))

    tallies = Tallies()
    projector = world.tailing(tallies)
    for _ in range(4):
        events = [event() for _ in range(15)]
        placed = world.record(*[(dice.choice(SUBJECTS[:4]), one) for one in events])
        culprits = [at for at, one in zip(placed, events, strict=True) if not one.everyone() and dice.random() < 0.1]
        tallies.poison.update(culprits)
        drain(projector)
    if seed % 2:
        assert rebuild(tallies.projection, world.store, world.read_models, 1).same
    while tallies.poison:
        tallies.poison.pop()
        retried(world, tallies)
    assert world.letters() == []
    assert world.rows(tallies) == world.recomputed(tallies)


def test_a_retry_labels_a_customer_who_waited_during_a_fit_like_a_rebuild(world: World) -> None:
    poison: set[int] = set()

    def apply(batch: Sequence[Delivery], rows: Rows) -> None:
        if any(delivery.recorded.position in poison for delivery in batch):
            raise Poisoned
        segment_labels.apply(batch, rows)

    projection = segment_labels._replace(apply=apply)
    one = Projector([projection], Tail(world.store), world.store, world.read_models, 1)
    world.record(*[(id, Registered(kind="person", numbers={"size": 9.0})) for id in (ANN, BEN)])
    world.record((MODEL, fit("attribute:size", centroids=[[0.0], [10.0]])), (MODEL, Activated()))
    poison.add(5)
    world.record((ANN, AttributesSet(numbers={"size": 1.0})))
    drain(one)
    world.record((MODEL, fit("attribute:size", centroids=[[0.0], [5.0], [9.0]])))
    world.record((ANN, AttributesSet(numbers={"size": 5.0})))
    world.record((MODEL, fit("attribute:size", centroids=[[0.0], [2.0], [9.0]])))
    drain(one)
    assert world.letters("segment_labels") == [(5, ANN), (7, ANN)]
    poison.clear()
    assert dead_letters.retry(projection, world.store, world.read_models, 1) == (2, 0)
    assert rebuild(projection, world.store, world.read_models, 1, check=True).same
