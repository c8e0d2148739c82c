"""A log that was restored to an earlier moment is noticed before anybody claims what is not so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import TimeoutError as NoConnection

from domain.shared.ids import new_id
from infra.processes.followers import following
from infra.processes.log_watch import LogWatch
from infra.processes.parts import Parts, opened
from infra.read_models.database import ReadModels
from infra.read_models.positions import deliveries, followed, positions
from infra.settings import Settings
from infra.wiring import deploy
from tests.api.client import Client
from tests.api.conftest import new_key
from tests.commands.event_stores import accepted, one, registering
from tests.infra.event_store.test_positions import delete_after, go_back
from tests.infra.recount import environment, recount
from tests.waiting import wait_until

KEY = "5a" * 32


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    given: dict[str, Any] = {"home": tmp_path, "master_key": KEY, "after_timeout": 0.2}
    if request.param == "postgresql":
        given |= {"database_url": request.getfixturevalue("prepared_database_url"), "kafka": "127.0.0.1:1"}
    return Settings.model_validate(given)


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    return Settings.model_validate({"home": tmp_path, "master_key": KEY, "after_timeout": 0.02})


def where(settings: Settings) -> str:
    return settings.database_url or str(settings.home / "events.db")


def register(parts: Parts, count: int) -> list[int]:
    """The positions of new customers."""
    outcomes = [one(parts.executor, registering()) for _ in range(count)]
    assert all(map(accepted, outcomes))
    return [outcome.position for outcome in outcomes]


def troubles(parts: Parts) -> list[str]:
    return [trouble.code for trouble in parts.operating().status().troubles]


def followed_up_to(parts: Parts, position: int) -> None:
    if parts.projector:
        wait_until(lambda: parts.completeness.up_to("customer_view") >= position, "read models follow")


def listed(client: Client) -> int:
    return len(client.get("/v1/customers", params={"limit": 100}).json()["items"])


@contextmanager
def restored(settings: Settings, before: int, after: int) -> Iterator[Parts]:
    """So many customers before a backup of the log and after it; then the backup is put back, without the read models."""
    with opened(settings) as parts:
        followed_up_to(parts, register(parts, before)[-1])
        assert parts.watch
        parts.watch.compare()
    backup = settings.home / "backup.db"
    shutil.copy(settings.home / "events.db", backup)
    with opened(settings) as parts:
        followed_up_to(parts, register(parts, after)[-1])
    for stale in settings.home.glob("events.db-*"):
        stale.unlink()
    shutil.copy(backup, settings.home / "events.db")
    with opened(settings) as parts:
        yield parts


class AllHang:
    """A pool whose connections all wait for a database that hangs."""

    def connect(self) -> None:
        raise NoConnection


def test_connections_that_all_hang_do_not_end_the_comparisons(embedded: Settings) -> None:
    with opened(embedded) as parts:
        store, writer = parts.deployment.store, parts.deployment.read_models.writer
        LogWatch(store, ReadModels(writer, AllHang())).look()  # type: ignore[arg-type]


def test_new_facts_after_a_restored_log_are_never_said_to_be_there_while_they_are_not(embedded: Settings) -> None:
    with restored(embedded, 13, 12) as parts, parts.application() as app:
        assert troubles(parts) == ["positions-ahead"]
        client = Client(app, new_key(parts, "admin"))
        answers = [client.post("/v1/customers", {"name": f"New {number}"}) for number in range(25)]
        assert min(int(answer.headers["Position"]) for answer in answers) > 25
        for answer in answers:
            own = client.get(answer.headers["Location"], params={"after": answer.headers["Position"]})
            assert (own.status_code, own.json()["type"].rpartition("/")[2]) == (503, "not-yet")
        followed_up_to(parts, 13)
        wait_until(lambda: listed(client) == 50, "new facts are folded")
        assert client.get("/v1/customers").headers["Position"] == "13"
        ready = client.get("/health/ready").json()
        assert (ready["status"], ready["healthy"]) == ("degraded", False)
        [trouble] = ready["troubles"]
        assert trouble["source"] == "read models"
        assert "the log ends at position 13" in trouble["detail"]
        assert "at 25 and 30 more" in trouble["detail"]
        assert "recount repair" in trouble["detail"]
        client.close()
    status = recount(environment(embedded.home, MASTER_KEY=KEY), "status")
    assert status.status == 1
    assert "positions-ahead" in status.output


def test_the_mark_stays_when_new_facts_have_overtaken_what_was_seen(embedded: Settings) -> None:
    with restored(embedded, 3, 4) as parts:
        assert register(parts, 9)[0] == 8
    with opened(embedded) as parts:
        assert troubles(parts) == ["positions-ahead"]
        assert parts.completeness.up_to("customer_view") == 3


@pytest.mark.parametrize("count", [1, 9])
def test_it_is_noticed_although_a_process_that_compares_nothing_has_recorded_facts_since(
    embedded: Settings, count: int
) -> None:
    with opened(embedded) as parts:
        followed_up_to(parts, register(parts, 5)[-1])
        assert parts.watch
        parts.watch.compare()
    go_back(where(embedded), 3)
    with closing(deploy(embedded)) as deployment, closing(deployment.executor()) as executor:
        assert [one(executor, registering()).position for _ in range(count)] == list(range(4, 4 + count))
    with opened(embedded) as parts:
        assert troubles(parts) == ["positions-ahead"]
        assert parts.completeness.up_to("customer_view") == 0
        assert register(parts, 1)[0] > 5


def test_a_log_that_goes_back_under_a_running_process_is_marked_before_the_next_commit(settings: Settings) -> None:
    with opened(settings) as parts:
        register(parts, 6)
        assert parts.deployment.store.head() == 6
        go_back(where(settings), 2)
        assert register(parts, 2) == [7, 8]
        assert troubles(parts) == ["positions-ahead"]
        assert parts.completeness.up_to("customer_view") <= 2


@pytest.mark.parametrize("last", [5, 0], ids=["the last event", "every event"])
def test_events_that_are_deleted_while_nobody_records_are_noticed(settings: Settings, last: int) -> None:
    with opened(settings) as parts:
        register(parts, 6)
        assert parts.watch
        parts.watch.compare()
        assert troubles(parts) == []
        delete_after(where(settings), last)
        parts.watch.compare()
        assert troubles(parts) == ["positions-ahead"]
        # On PostgreSQL, the commit that noticed it had drawn a position, which is given to nobody.
        assert register(parts, 1) == [8 if settings.distributed else 7]


def test_another_store_in_the_place_of_the_log_is_noticed(embedded: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = embedded.model_copy(update={"home": tmp_path_factory.mktemp("other")})
    for settings, count in ((embedded, 2), (other, 5)):
        with opened(settings) as parts:
            followed_up_to(parts, register(parts, count)[-1])
    shutil.copy(other.home / "events.db", embedded.home / "events.db")
    with opened(embedded) as parts:
        [trouble] = parts.operating().status().troubles
        assert "another event store" in trouble.detail
        assert parts.completeness.up_to("customer_view") == 0


@pytest.mark.parametrize(
    "part",
    [
        positions.insert().values(projection="orders/rebuild", partition=0, position=9, next_offset=0, topic_id=""),
        update(followed).where(followed.c.name == "policies").values(position=9),
        deliveries.insert().values(webhook_id=new_id(), position=1, version=0, failures=0, redelivered=1, redelivered_to=9),
    ],
    ids=["a read model", "a follower", "a redelivery"],
)
def test_each_part_that_has_seen_more_than_the_log_is_noticed(settings: Settings, part: Any) -> None:
    with opened(settings) as parts:
        register(parts, 2)
    with opened(settings) as parts:
        assert troubles(parts) == []
        with parts.deployment.read_models.writer.begin() as connection:
            connection.execute(part)
        assert parts.watch
        parts.watch.compare()
        assert troubles(parts) == ["positions-ahead"]
        assert register(parts, 1) == [10]


def test_followers_stop_as_soon_as_something_is_ahead_and_do_not_start_again(embedded: Settings) -> None:
    with restored(embedded, 2, 3) as parts, following(parts):
        register(parts, 2)
        with parts.deployment.read_models.reader.connect() as connection:
            assert parts.watch
            assert parts.watch.is_ahead
            assert max(row.position for row in connection.execute(followed.select())) <= 5


def test_nothing_is_ahead_after_restarts_rebuilds_and_read_models_that_begin_again(settings: Settings) -> None:
    for _ in range(3):
        with opened(settings) as parts:
            followed_up_to(parts, register(parts, 3)[-1])
            assert parts.watch
            parts.watch.compare()
            assert troubles(parts) == []
    with opened(settings) as parts:
        with parts.deployment.read_models.writer.begin() as connection:
            connection.execute(delete(positions))
        assert isinstance(parts.watch, LogWatch)
        parts.watch.compare()
        assert troubles(parts) == []
