"""Everything that ever concerned a customer is enough to fold their dealings again, as of any moment of any history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from api.customers.dealings import FOLDS, KINDS, Asking
from projections.customers.customer_answer import Asked, answers
from projections.customers.customer_streams import ever_merged, places
from projections.customers.timeline import ALL, By, customer_timeline
from projections.customers.whole_behaviour import behaviour_of
from projections.segmentation.segment_labels import segment_labels
from projections.shared.replay import folded
from tests.projections.harness import History, fold, in_memory, uuid
from tests.projections.histories import CUSTOMERS, SEEDS, random_history
from tests.projections.test_effective_at import backdated

READ = (customer_timeline, segment_labels, *FOLDS[:-1])
NOW = datetime(2030, 1, 1, tzinfo=UTC)
ANY_HISTORY = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def read_models(history: History) -> Iterator[Connection]:
    with in_memory(*READ) as connection:
        fold(connection, history, *READ)
        yield connection


@contextmanager
def folded_again(connection: Connection, history: History, customer_id: UUID, by: By) -> Iterator[Connection]:
    chosen = {place.position for place in places(connection, ever_merged(connection, customer_id), by, 100_000)}
    with folded(*FOLDS) as again:
        again.apply([history.as_read(one, late=True) for one in history.log if one.position in chosen])
        yield again.connection


def shown(connection: Connection, customer_id: UUID) -> dict[str, Any]:
    """The customer without labels (models are not folded again), their behaviour, and their things as the lists show them."""
    asked, asking = Asked(customer_id, date(2030, 1, 1)), Asking(customer_id, NOW, UTC, 200)
    customer = answers(connection, [asked]).get(asked)
    merged = customer["merged_ids"] if customer else []
    found = {name: kind.pages(connection, asking).rows for name, kind in KINDS.items()}
    behaviour = behaviour_of(connection, customer_id, merged)
    return found | {"customer": customer and customer | {"segments": None}, "behaviour": behaviour}


@ANY_HISTORY
@given(seed=SEEDS, length=st.integers(50, 300))
def test_folded_again_they_are_what_the_read_models_show(seed: int, length: int) -> None:
    history = random_history(seed, length)
    with read_models(history) as connection:
        for number in range(CUSTOMERS):
            id = uuid(f"customer {number}")
            with folded_again(connection, history, id, ALL) as again:
                assert shown(again, id) == shown(connection, id)


@ANY_HISTORY
@given(seed=SEEDS, length=st.integers(50, 300))
def test_as_of_a_position_they_are_what_the_read_models_showed_then(seed: int, length: int) -> None:
    history = random_history(seed, length)
    before = History()
    before.__dict__.update(history.__dict__)
    before.log = history.log[: Random(seed).randrange(1, len(history.log))]
    upto = before.log[-1].position
    with read_models(history) as connection, read_models(before) as then:
        for number in range(CUSTOMERS):
            id = uuid(f"customer {number}")
            with folded_again(connection, history, id, By(upto)) as again:
                assert shown(again, id) == shown(then, id)


@ANY_HISTORY
@given(seed=SEEDS, length=st.integers(50, 300))
def test_what_had_happened_by_any_moment_can_be_folded(seed: int, length: int) -> None:
    history = random_history(seed, length)
    backdated(history, seed)
    draw = Random(seed)
    with read_models(history) as connection:
        for number in range(CUSTOMERS):
            id = uuid(f"customer {number}")
            last = max(recorded.metadata.occurred_at for recorded in history.log)
            with folded_again(connection, history, id, By(effective_at=last)) as again:
                assert shown(again, id) == shown(connection, id)
            for _ in range(3):
                moment = draw.choice(history.log).metadata.occurred_at
                with folded_again(connection, history, id, By(effective_at=moment)) as again:
                    assert isinstance(shown(again, id), dict)
