"""A log that was restored to an earlier moment, beside a topic that has messages of later events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from structlog.typing import EventDict

from infra.routing import PARTITIONS
from infra.servers.postgres import PostgresAt
from tests.consumers.reading import applied, concerned, read_all, running
from tests.consumers.restoring import Restored, Servers
from tests.consumers.tallies import SUBJECTS
from tests.waiting import wait_until

pytestmark = pytest.mark.servers


@pytest.fixture
def restored(postgres_server: PostgresAt, bootstrap: str, topic_name: str) -> Iterator[Restored]:
    """Four events were recorded before the backup and three after it; then all were sent and folded."""
    restored = Restored(Servers(postgres_server, bootstrap, topic_name))
    restored.record(1, 2, 3, 4)
    restored.back_up()
    restored.record(100, 200, 300)
    restored.follow_until(restored.is_complete, "all events are folded")
    yield restored
    restored.close()


def waiting(logs: list[EventDict]) -> set[int]:
    """The partitions that wait for a repair."""
    return {line["partition"] for line in logs if line["event"] == "projector.ahead_of_log"}


@pytest.mark.parametrize(
    ("read_models", "count"),
    [(True, 2), (False, 0), (False, 5)],
    ids=["restored with its read models", "beside newer read models", "beside newer read models, and has overtaken them"],
)
def test_a_relay_sends_nothing_after_messages_of_events_that_the_log_does_not_have(
    restored: Restored, read_models: bool, count: int
) -> None:
    sent = restored.topic_positions()
    restored.restore(read_models=read_models)
    restored.record(*range(10, 10 + count))
    with running(restored.relay()):
        wait_until(restored.troubles, "health shows it")
        restored.record(20)
        wait_until(lambda: restored.world.store.head() > max(sent), "later events have later positions")
    assert list(restored.troubles()) == ["relay"]
    assert "recount repair" in restored.troubles()["relay"]
    assert restored.topic_positions() == sent


def test_a_projector_folds_no_event_that_the_log_does_not_have_and_goes_past_none(restored: Restored) -> None:
    restored.restore()
    restored.record(10, 20)
    with structlog.testing.capture_logs() as logs:
        projector = restored.work_until(lambda: len(waiting(logs)) == 3, "the partitions of the three events wait")
    assert list(restored.troubles()) == ["projector"]
    assert restored.rows() == {SUBJECTS[number]: number + 1 for number in range(4)}
    assert projector.status().projections[0].state == "stopped"


@pytest.mark.parametrize(("count", "looks_every"), [(0, 0.1), (9, 600)], ids=["at its next look", "before it sends"])
def test_a_relay_at_work_notices_that_the_log_goes_back(restored: Restored, count: int, looks_every: float) -> None:
    with running(restored.relay(looks_every)):
        restored.record(400)
        wait_until(restored.is_routed, "the relay is at work")
        sent = restored.topic_positions()
        restored.go_back(4, then=count)
        wait_until(restored.troubles, "health shows it")
    assert restored.topic_positions() == sent


def test_a_log_from_before_a_repair_is_held_too(restored: Restored) -> None:
    """Its own topic ends where it ends. Only the topic of the later epoch shows that it is too old."""
    restored.back_up()
    restored.repair()
    restored.follow_until(restored.is_complete, "the repaired log is folded")
    restored.restore()
    with running(restored.relay()):
        wait_until(restored.troubles, "health shows it")
    assert f"{restored.servers.topic}.2" in restored.troubles()["relay"]
    restored.repair()
    assert restored.world.store.identity().epoch == 3


def test_after_a_repair_every_event_is_sent_and_folded_once(restored: Restored) -> None:
    restored.restore()
    restored.record(10, 20, 30, 40, 50)
    with running(restored.relay()):
        wait_until(restored.troubles, "health shows it")
    ghosts = max(restored.topic_positions())
    restored.repair()
    restored.record(60)
    assert restored.world.store.head() > ghosts
    restored.follow_until(restored.is_complete, "the log is folded")
    assert restored.rows() == restored.expected()
    assert applied(read_all(restored.servers.bootstrap, restored.topic)) == concerned(restored.world.store)
    assert restored.last_records(restored.servers.topic) == [{"continued_in": restored.topic}] * PARTITIONS
    assert not restored.troubles()
