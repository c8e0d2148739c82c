"""A log that was restored to an earlier moment, beside a topic that has messages of later events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.servers.postgres import PostgresAt
from tests.consumers.reading import applied, concerned, read_all, running
from tests.consumers.restoring import Restored, Servers
from tests.waiting import wait_until

pytestmark = pytest.mark.servers


@pytest.fixture
def restored(postgres_server: PostgresAt, bootstrap: str, topic_name: str) -> Iterator[Restored]:
    """Four events were folded before the backup and three after it."""
    restored = Restored(Servers(postgres_server, bootstrap, topic_name))
    restored.record(1, 2, 3, 4)
    restored.follow_until(restored.is_complete, "the first events are folded")
    restored.back_up()
    restored.record(100, 200, 300)
    restored.follow_until(restored.is_complete, "the events after the backup are folded")
    yield restored
    restored.close()


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
    before = restored.rows()
    restored.record(10, 20)
    projector = restored.work_until(lambda: bool(restored.troubles()), "health shows it")
    assert list(restored.troubles()) == ["projector"]
    assert restored.rows() == before
    assert projector.status().projections[0].state == "stopped"


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
    assert not restored.troubles()
