"""Batch ids and receipts of more than a week ago are deleted, in portions, by what the log says of their age."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import psycopg
import pytest

from commands.shared.commit import POLICY_SCOPE, SOURCE_SCOPE, Commit, NewReceipt, ReceiptKey
from domain.shared.ids import new_id
from infra.event_store import pruning
from infra.event_store.pruning import Pruning
from infra.event_store.rows import KEPT
from infra.event_store.store import EventStore
from tests.commands.event_stores import done, one, registering, running, together
from tests.domain.given import NOW

DAY = timedelta(days=1)
OLD, YOUNG, LATER = NOW - 8 * DAY, NOW - 6 * DAY, NOW


class Place:
    """A store whose facts are recorded at times that the test sets."""

    def __init__(self, where: str, store: EventStore) -> None:
        self._where, self.store = where, store
        self.now, self.trusts = NOW, True
        self.pruning = Pruning(store, lambda: self.now, lambda: self.trusts)

    def record(self, at: datetime, *keys: str) -> None:
        """One command for each key, all in one commit."""
        with running(self.store, lambda: at) as executor:
            done(*together(executor, *(registering(key=key) for key in keys)))

    def counts(self) -> tuple[int, int]:
        """How many batch ids and receipts there are."""
        batches, receipts = (self._count(table) for table in ("batches", "receipts"))
        return batches, receipts

    def is_repeated(self, key: str) -> bool:
        """Whether the command with this key is known, so that it runs no second time."""
        head = self.store.head()
        with running(self.store, lambda: self.now) as executor:
            one(executor, registering(key=key))
        return self.store.head() == head

    def _count(self, table: str) -> int:
        statement = f"SELECT count(*) FROM {table}"
        if self._where.startswith("postgresql://"):
            with psycopg.connect(self._where) as connection:
                return int(connection.execute(statement.encode()).fetchone()[0])  # type: ignore[index]
        with closing(sqlite3.connect(self._where)) as file:
            return int(file.execute(statement).fetchone()[0])


@pytest.fixture
def place(where: str, store: EventStore) -> Place:
    return Place(where, store)


def test_old_receipts_and_batch_ids_are_deleted_and_young_ones_stay(place: Place) -> None:
    for at, key in ((OLD, "old"), (OLD, "old too"), (YOUNG, "young"), (LATER, "later")):
        place.record(at, key)
    assert place.counts() == (4, 4)
    assert place.pruning.prune()
    assert place.counts() == (3, 3), "the last of the old ones may have been answered as late as the first young one"
    assert [place.is_repeated(key) for key in ("old", "young", "later")] == [False, True, True]


def test_the_receipt_of_a_refusal_is_as_young_as_the_next_fact(place: Place) -> None:
    place.record(OLD, "fact")
    receipt = NewReceipt(ReceiptKey("tests", "refused", b""), None, b"{}")
    place.store.commit(Commit(new_id(), (), {}, (), (receipt,)))
    place.record(LATER, "next")
    assert place.pruning.prune()
    assert place.counts() == (3, 3)


def test_nothing_is_deleted_while_the_clock_is_doubted(place: Place) -> None:
    for number in range(3):
        place.record(OLD, f"{number}")
    place.now, place.trusts = NOW + 90 * DAY, False
    assert not place.pruning.prune()
    assert place.counts() == (3, 3)


def test_receipts_written_by_a_clock_that_was_behind_are_as_young_as_the_facts_around_them(place: Place) -> None:
    place.record(YOUNG, "before")
    place.record(NOW - 30 * DAY, "by a clock a month behind")
    place.record(LATER, "after")
    assert place.pruning.prune()
    assert place.is_repeated("by a clock a month behind")


def test_large_tables_are_pruned_in_portions(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PORTION", 100)
    monkeypatch.setattr(pruning, "PAUSE_SECONDS", 0.0)
    receipts = []
    for number in range(1000):
        scope = {0: POLICY_SCOPE + "test", 1: SOURCE_SCOPE + "shop"}.get(number % 100, "tests")
        receipts.append(NewReceipt(ReceiptKey(scope, f"{number}", b""), None, b"{}"))
    place.record(OLD, "old")
    place.store.commit(Commit(new_id(), (), {}, (), receipts))
    for at, key in ((OLD, "old too"), (LATER, "later")):
        place.record(at, key)
    assert place.counts()[1] == 1003
    portions = _portions(place.store)
    assert place.pruning.prune()
    assert place.counts()[1] == 22, "receipts of policies and of facts of a source are kept permanently"
    assert portions > 3


def _portions(store: EventStore) -> int:
    """How many portions the receipts have; nothing is before position 0."""
    count, at = 0, store.prune(KEPT[1], 0, 0, 100)
    while at is not None:
        count, at = count + 1, store.prune(KEPT[1], 0, at, 100)
    return count


def test_a_stopped_pruning_ends_between_two_portions_and_begins_again_later(place: Place) -> None:
    for number in range(3):
        place.record(OLD, f"{number}")
    place.record(LATER, "later")
    place.pruning.stop()
    place.pruning.prune()
    assert place.counts() == (4, 4)
    assert Pruning(place.store, lambda: NOW, lambda: True).prune()
    assert place.counts() == (2, 2)


def test_if_an_event_on_the_way_is_damaged_nothing_is_deleted(place: Place, where: str) -> None:
    for number in range(3):
        place.record(OLD, f"{number}")
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as connection:
            connection.execute("UPDATE stored_events SET state = '{'::bytea")
    else:
        with closing(sqlite3.connect(where)) as file, file:
            file.execute("UPDATE stored_events SET state = x'7b'")
    assert place.pruning.prune()
    assert place.counts() == (3, 3)
