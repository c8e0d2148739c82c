"""A file of any length needs the same memory: its rows are kept and sorted on disk, and its commits are full."""

from __future__ import annotations

import gc
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commands.importing import last_said, on_disk, run
from commands.importing.last_said import LastSaid, Refused, Said
from commands.importing.on_disk import Entries, Entry, Map, Rows, microseconds
from commands.importing.reading import Row
from commands.importing.report import Report
from commands.shared.commit import Commit, Committed
from commands.shared.executor import Executor, Limits
from tests.commands.importing.given_importing import Store, histories
from tests.commands.importing.test_importing_rows import CUSTOMERS, ORDERS

UNLIKE = ORDERS.replace('command = "customer.register"\n', 'command = "customer.register"\noccurred_at = "{since}"\n')


def orders(count: int, seed: int = 1) -> str:
    """Rows of few customers, in no order; some of them cannot be used, and some are given twice."""
    dice = Random(seed)
    rows = []
    for number in range(count):
        customer, day = f"c{dice.randrange(1 + count // 4)}", f"2024-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
        price = dice.choice(("1.50", "2", "3", "cheap")) if number % 7 == 0 else "2.50"
        rows.append(
            f"{customer},o{number - number % 9 // 8},{day},{dice.randrange(1, 4)},{price},2024-01-0{dice.randrange(1, 9)}"
        )
    return "customer,order,day,packs,price,since\n" + "\n".join(rows) + "\nx\n"


def untimed(report: Report) -> Report:
    return replace(report, seconds=0.0)


@pytest.mark.parametrize("mapping", [ORDERS, UNLIKE], ids=["one time for each row", "two times for each row"])
def test_what_does_not_fit_in_memory_gives_the_same_events_and_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mapping: str
) -> None:
    rows = orders(120)
    whole, small = Store(tmp_path / "whole"), Store(tmp_path / "small")
    expected = whole.load(mapping, rows)
    for module, name, value in ((on_disk, "BUFFER", 300), (on_disk, "USUAL", 24), (on_disk, "READ_AT_ONCE", 3)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr("commands.importing.timed.RUN", 14)
    monkeypatch.setattr(last_said, "KEPT", 3)
    monkeypatch.setattr(run, "PARTS_KEPT", 5)
    monkeypatch.setattr(run, "SAME", 2)
    assert expected.refused > 5
    assert untimed(small.load(mapping, rows)) == untimed(expected)
    # The order in which customers and orders are recorded decides nothing, but each thing's own history does.
    assert histories(small.log()) == histories(whole.log())
    whole.close()
    small.close()


class Reached(Exception):
    """All rows are read."""


def test_the_memory_before_the_first_event_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("timed.RUN", 400), ("run.PARTS_KEPT", 200), ("reading.PIECE", 4096), ("report.KEPT", 10)):
        monkeypatch.setattr(f"commands.importing.{name}", few)
    store = Store(tmp_path)
    mapping = tmp_path / "orders.toml"
    mapping.write_text(ORDERS)

    def stop(*_: object) -> None:
        raise Reached

    monkeypatch.setattr(run._Run, "_started", stop)

    def peak(count: int) -> int:
        file = tmp_path / f"{count}.csv"
        file.write_text(orders(count))
        gc.collect()
        tracemalloc.start()
        try:
            with pytest.raises(Reached):
                store.load_file(mapping, file)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2400)  # fills the caches of ids, which are bounded
    short = peak(600)
    assert peak(2400) < 1.3 * short
    store.close()


def test_commits_of_an_import_are_full(tmp_path: Path) -> None:
    store = Store(tmp_path)
    events, commands = store.events, list[int]()

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(events, name)

        def commit(self, commit: Commit) -> Committed:
            commands.append(len(commit.receipts))
            return events.commit(commit)

    store.executor.close()
    store.executor = Executor(Counting(), Limits(batch=8))
    rows = "".join(f"c{number},Name,n{number}@example.org,2024-01-01\n" for number in range(60))
    assert store.load(CUSTOMERS, "id,name,email,since\n" + rows).accepted == 60
    started, *full, rest, completed = commands
    assert (started, full, rest, completed) == (0, [8] * 7, 4, 0)
    store.close()


entries = st.builds(Entry, *(st.integers(0, limit) for limit in (2**63, 2**40, 1000, 2**40)))


@settings(max_examples=40, deadline=None)
@given(st.lists(entries, max_size=60), st.integers(1, 20))
def test_entries_come_in_the_order_of_time(given: list[Entry], run_length: int) -> None:
    with TemporaryDirectory() as folder, closing(Entries(Path(folder) / "entries", run_length)) as on_disk:
        for entry in given:
            on_disk.put(entry)
        assert list(on_disk) == list(on_disk) == sorted(given)
        assert len(on_disk) == len(given)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.uuids(), st.binary(min_size=24, max_size=24)), max_size=40))
def test_a_map_keeps_the_last_that_was_put_about_each_thing(given: list[tuple[UUID, bytes]]) -> None:
    with TemporaryDirectory() as folder, closing(Map(Path(folder) / "map", len(given))) as on_disk:
        for id, about in given:
            on_disk.put(id, about)
        assert {id: on_disk.get(id) for id, _ in given} == dict(given)
        assert on_disk.get(UUID(int=5)) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2**40), st.lists(st.none() | st.text(max_size=700)).map(tuple)), max_size=10))
def test_rows_are_kept_as_they_were_read(given: list[tuple[int, tuple[str | None, ...]]]) -> None:
    with TemporaryDirectory() as folder, closing(Rows(Path(folder) / "rows")) as on_disk:
        places = [on_disk.put(Row(*row)) for row in given]
        assert [on_disk.get(place) for place in places] == [Row(*row) for row in given]


def test_what_was_said_long_ago_is_found_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_said, "KEPT", 2)
    refused = Refused("customer.register", "already-there", "It is there already.")
    with closing(LastSaid(tmp_path, "said", 10)) as last:
        for number in range(10):
            said = Said(bytes([number]) * 16, [], ended=True, refused=refused if number % 2 else None)
            last.put(UUID(int=number + 1), said)
        found = [last.get(UUID(int=number + 1)) for number in range(10)]
        assert [one and (one.facts_digest, one.refused, one.ended) for one in found] == [
            (bytes([number]) * 16, refused if number % 2 else None, True) for number in range(10)
        ]
        assert last.get(UUID(int=99)) is None


def test_times_are_kept_to_the_microsecond() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert microseconds(first) == 0
    assert microseconds(datetime(2024, 1, 1, 0, 0, 0, 7, tzinfo=UTC)) - microseconds(datetime(2024, 1, 1, tzinfo=UTC)) == 7
