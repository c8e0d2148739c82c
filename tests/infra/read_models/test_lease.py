"""A lease is held by one process, and is free as soon as that one has ended, or has been silent for too long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from sqlalchemy.exc import DBAPIError

from infra.read_models.database import ReadModels, postgres_read_models
from infra.read_models.lease import Lease, is_held
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.servers

LOST_AFTER = 0.5
NEVER = Event()


@pytest.fixture
def read_models(database_url: str) -> Iterator[ReadModels]:
    read_models = postgres_read_models(database_url)
    yield read_models
    read_models.close()


def lease(read_models: ReadModels, name: str = "followers") -> Lease:
    return Lease(read_models, name, LOST_AFTER)


def stopped() -> Event:
    event = Event()
    event.set()
    return event


def held(read_models: ReadModels, name: str = "followers") -> bool:
    with read_models.reader.connect() as connection:
        return is_held(connection, name)


def test_one_holds_it_and_another_gets_it_when_that_one_has_ended(read_models: ReadModels) -> None:
    first, second = lease(read_models), lease(read_models)
    with first.held(NEVER) as has_it:
        assert (has_it, first.holds(), held(read_models)) == (True, True, True)
        with second.held(stopped()) as has_it_too:
            assert (has_it_too, second.holds()) == (False, False)
    assert not first.holds()
    with second.held(NEVER) as has_it:
        assert (has_it, second.holds()) == (True, True)
    wait_until(lambda: not held(read_models), "nobody holds it")


def test_leases_with_other_names_are_others(read_models: ReadModels) -> None:
    with lease(read_models, "others").held(NEVER):
        assert (held(read_models, "others"), held(read_models)) == (True, False)
        with lease(read_models).held(NEVER) as has_it:
            assert has_it


def test_a_silent_holder_knows_at_once_that_it_may_have_lost_it_and_cannot_extend_it(read_models: ReadModels) -> None:
    silent, other = lease(read_models), lease(read_models)
    with silent.held(NEVER), other.held(NEVER) as has_it:
        assert (has_it, other.holds(), silent.holds()) == (True, True, False)
        with pytest.raises(DBAPIError, match="idle-session timeout"):
            silent.keep(Event())


def test_it_is_kept_for_as_long_as_it_is_extended(read_models: ReadModels) -> None:
    kept, stopping = lease(read_models), Event()
    with kept.held(NEVER):
        thread = Thread(target=kept.keep, args=(stopping,))
        thread.start()
        end = time.monotonic() + 3 * LOST_AFTER
        wait_until(lambda: time.monotonic() > end, "three times the time after which it would be lost")
        assert held(read_models)
        stopping.set()
        thread.join(PATIENCE)
