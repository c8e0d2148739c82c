"""A fit labels all customers again in portions. Meanwhile every answer is of the last fit, and other events are folded."""

from __future__ import annotations

from random import Random
from uuid import UUID

import pytest

from consumers.projecting.projector import Projector
from consumers.projecting.settling import Walks
from consumers.projecting.tail import Tail
from consumers.rebuilding.rebuild import rebuild
from domain.customers.customer.events import ANNOTATIONS, Registered
from domain.segmentation.segment_model import Activated, Retired
from domain.shared.events import Event
from infra.read_models import settled
from infra.read_models.positions import held
from infra.read_models.positions import settled as places
from infra.read_models.settled import Walk, settled_upto
from infra.read_models.tables import prepare
from projections.customers.customers import customer_view, customers
from projections.segmentation import segment_answers, segment_report
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_models import known
from projections.shared.rows import Row
from tests.consumers.tallies import World
from tests.projections.measured import value
from tests.projections.segmentation.given_segments import fit

AttributesSet = ANNOTATIONS.attributes_set

MODEL = UUID(int=0x5E6)
CUSTOMERS = [UUID(int=number << 100) for number in range(1, 31)]
HALVES = fit("attribute:size", centroids=[[0.0], [30.0]])
THIRDS = fit("attribute:size", centroids=[[0.0], [15.0], [30.0]])


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.segmentation.segment_labels.PORTION", 4)
    monkeypatch.setattr("projections.segmentation.segment_scanning.AT_ONCE", 3)


@pytest.fixture
def projector(world: World) -> Projector:
    world.record(*[(id, Registered(kind="person", numbers={"size": float(n)})) for n, id in enumerate(CUSTOMERS)])
    world.record((MODEL, HALVES), (MODEL, Activated()))
    projector = following(world)
    settle(world, projector)
    return projector


def following(world: World) -> Projector:
    return Projector([segment_labels, customer_view], Tail(world.store), world.store, world.read_models, 1)


def upto(world: World) -> int:
    with world.read_models.reader.connect() as connection:
        return settled_upto(connection, "segment_labels")


def settle(world: World, projector: Projector) -> int:
    """Lets the projector label everyone. Returns the number of its turns."""
    for turns in range(1, 100):
        if not projector.turn(timeout=0) and is_settled(world):
            return turns
    raise AssertionError("customers are never all labelled")


def is_settled(world: World) -> bool:
    with world.read_models.reader.connect() as connection:
        return Walks(world.read_models, 1).is_done(connection, segment_labels)


def answers(world: World) -> tuple[dict[UUID, Row], list[Row], dict[str, int]]:
    """Each customer's own answer without its position, the whole list page by page, and the report's counts."""
    with world.read_models.reader.connect() as connection:
        at = settled_upto(connection, "segment_labels")
        own = {id: segment_answers.of_customer(connection, id, at) or {} for id in CUSTOMERS}
        page = segment_answers.listing(connection, MODEL, limit=7, settled=at)
        listed = page.rows
        while page.next:
            page = segment_answers.listing(connection, MODEL, limit=7, settled=at, cursor=page.next)
            listed = [*listed, *page.rows]
        report = segment_report.report(connection, known(connection).models[MODEL])
        return own, listed, {str(group.group["label"]): int(value(group, "customers")) for group in report.groups}


def labels_of(world: World, label: str) -> list[UUID]:
    with world.read_models.reader.connect() as connection:
        at = settled_upto(connection, "segment_labels")
        return [row["customer_id"] for row in segment_answers.listing(connection, MODEL, label=label, settled=at).rows]


def test_every_answer_is_of_the_last_fit_before_all_rows_are(world: World, projector: Projector) -> None:
    [fitted] = world.record((MODEL, THIRDS))
    projector.turn(timeout=0)
    assert upto(world) < fitted
    first = answers(world)
    own, listed, counts = first
    assert {(label["fit_position"], label["since"]) for one in own.values() for label in one["labels"]} == {(fitted, fitted)}
    assert [row["customer_id"] for row in listed] == CUSTOMERS
    assert {row["fit_position"] for row in listed} == {fitted}
    assert sum(counts.values()) == len(CUSTOMERS)
    assert [len(labels_of(world, name)) for name in counts] == list(counts.values())
    turns = settle(world, projector)
    assert turns >= len(CUSTOMERS) / 4 - 1
    assert answers(world) == first


def test_other_events_are_folded_between_two_portions(world: World, projector: Projector) -> None:
    world.record((MODEL, THIRDS))
    projector.turn(timeout=0)
    before = upto(world)
    late = UUID(int=0xABC)
    [position] = world.record((late, Registered(kind="person", numbers={"size": 14.0})))
    projector.turn(timeout=0)
    with world.read_models.reader.connect() as connection:
        assert {held(connection, name)[0].position for name in ("segment_labels", "customer_view")} == {position}
        assert connection.execute(customers.select().where(customers.c.customer_id == late)).one()
        mine = segment_answers.of_customer(connection, late)
    assert mine is not None
    assert [(label["label"], label["since"]) for label in mine["labels"]] == [("2", position)]
    assert upto(world) == before, "the walk was not finished meanwhile"
    settle(world, projector)
    assert rebuild(segment_labels, world.store, world.read_models, 1, check=True).same


def test_a_walk_that_was_interrupted_continues(world: World, projector: Projector) -> None:
    world.record((MODEL, THIRDS))
    projector.turn(timeout=0)
    projector.turn(timeout=0)
    walk = walk_of(world)
    assert walk.cursor == CUSTOMERS[7]
    after_the_crash = following(world)
    after_the_crash.turn(timeout=0)
    assert walk_of(world) == walk._replace(cursor=CUSTOMERS[11])
    settle(world, after_the_crash)
    assert rebuild(segment_labels, world.store, world.read_models, 1, check=True).same


def walk_of(world: World) -> Walk:
    with world.read_models.reader.connect() as connection:
        return settled.walks(connection, "segment_labels")[0]


def test_a_check_in_the_middle_of_a_walk_compares_rows_that_all_fits_have_reached(world: World, projector: Projector) -> None:
    world.record((MODEL, THIRDS))
    projector.turn(timeout=0)
    assert walk_of(world).cursor is not None
    assert rebuild(segment_labels, world.store, world.read_models, 1, check=True).same


def test_a_rebuild_in_the_middle_of_a_walk_leaves_nothing_to_do(world: World, projector: Projector) -> None:
    world.record((MODEL, THIRDS))
    projector.turn(timeout=0)
    first = answers(world)
    assert rebuild(segment_labels, world.store, world.read_models, 1).same
    assert walk_of(world) == Walk(world.store.head())
    assert answers(world) == first


@pytest.mark.parametrize("seed", range(2))
def test_any_events_between_portions_give_the_rows_of_a_rebuild(world: World, projector: Projector, seed: int) -> None:
    dice = Random(seed)

    def event() -> tuple[UUID, Event]:
        match dice.randrange(8):
            case 0:
                return MODEL, dice.choice((HALVES, THIRDS))
            case 1:
                return MODEL, dice.choice((Retired(), Activated()))
            case _:
                return dice.choice(CUSTOMERS), AttributesSet(numbers={"size": float(dice.randrange(31))})

    for _ in range(8):
        world.record(*(event() for _ in range(dice.randrange(1, 4))))
        for _ in range(1 + dice.randrange(2)):
            projector.turn(timeout=0)
        first = answers(world)
        if dice.randrange(3) == 0:
            while Walks(world.read_models, 1).go_on(segment_labels, 0):
                """The next portion."""
            assert answers(world) == first
    settle(world, projector)
    assert rebuild(segment_labels, world.store, world.read_models, 1, check=True).same


def test_rows_of_before_there_were_walks_need_none(world: World, projector: Projector) -> None:
    with world.read_models.writer.begin() as connection:
        places.drop(connection)
    prepare(world.read_models)
    assert walk_of(world) == Walk(world.store.head())
    assert is_settled(world)
