"""A log that was restored to an earlier moment, beside a topic that holds messages of later events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.servers.postgres import PostgresAt
from tests.consumers.restoring import Restored, Servers

pytestmark = pytest.mark.servers


@pytest.fixture
def restored(postgres_server: PostgresAt, bootstrap: str, topic_name: str) -> Iterator[Restored]:
    restored = Restored(Servers(postgres_server, bootstrap, topic_name))
    yield restored
    restored.close()


def all_is_folded(restored: Restored) -> bool:
    return restored.rows() == restored.expected()


@pytest.mark.parametrize("read_models", [True, False], ids=["with its read models", "beside newer read models"])
def test_today(restored: Restored, read_models: bool) -> None:
    restored.record(1, 2, 3, 4)
    restored.follow_until(lambda: all_is_folded(restored), "the first events are folded")
    restored.back_up()
    restored.record(100, 200, 300)
    restored.follow_until(lambda: all_is_folded(restored), "the events after the backup are folded")
    restored.restore(read_models=read_models)
    restored.record(10, 20, 30, 40, 50)
    try:
        restored.follow_until(lambda: all_is_folded(restored), "the events after the restore are folded")
    except TimeoutError:
        print("HAVE", restored.rows()); print("WANT", restored.expected()); raise
