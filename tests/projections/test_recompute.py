"""Every read model has the rows of one recompute, for any partitions, batches, duplicates and order of events."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from infra.wiring import PROJECTIONS
from projections.shared.projection import Projection
from tests.projections.harness import History, Step, assert_recomputes, clear, create, fold, in_memory, rows_of
from tests.projections.histories import ACTS, histories, history_of, schedules

NAMES = [projection.name for projection in PROJECTIONS]


@pytest.mark.parametrize("projection", PROJECTIONS, ids=NAMES)
@settings(max_examples=60, deadline=None)
@given(history=histories(), partitions=st.integers(1, 12), steps=schedules())
def test_any_schedule_gives_the_rows_of_one_recompute(
    projection: Projection, history: History, partitions: int, steps: list[Step]
) -> None:
    with in_memory(projection) as connection:
        assert_recomputes(connection, projection, history, partitions, steps)


def test_the_acts_of_random_histories_give_facts_to_every_read_model() -> None:
    history = history_of([(name, who, n) for name in ACTS for who, n in ((0, 0), (1, 1), (2, 5))])
    types = {recorded.type for recorded in history.log}
    without = [projection.name for projection in PROJECTIONS if not any(map(projection.wants, types))]
    assert without == []


@pytest.mark.servers
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), partitions=st.integers(1, 12), steps=schedules())
def test_postgresql_gives_the_same_rows(postgres_tables: str, history: History, partitions: int, steps: list[Step]) -> None:
    engine = create_engine(postgres_tables)
    with engine.connect() as connection, in_memory(*PROJECTIONS) as sqlite:
        for projection in PROJECTIONS:
            assert_recomputes(connection, projection, history, partitions, steps)
            fold(sqlite, history, projection)
            assert rows_of(connection, projection) == rows_of(sqlite, projection)
            clear(connection, projection)
    engine.dispose()


@pytest.fixture
def postgres_tables(database_url: str) -> str:
    """URL of a database with the read models' tables."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.begin() as connection:
        create(connection, *PROJECTIONS)
    engine.dispose()
    return url
