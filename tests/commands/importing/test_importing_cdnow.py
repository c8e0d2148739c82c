"""A real history with known answers, replayed from the log: 2,357 customers, 6,919 purchases, $244,091.94."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from commands.importing.report import Report
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import Registered
from domain.operations.imports import Completed, Started
from domain.sales.order.order import Order
from domain.sales.order.payments import PaymentCaptured
from domain.sales.order.placing import Placed
from domain.shared.aggregate import Aggregate, replayed
from domain.shared.events import Recorded
from tests.commands.importing.given_importing import CDNOW, MAPPING, SAMPLE, Store, histories

A = TypeVar("A", bound=Aggregate)

ROOT = Path(__file__).parent.parent.parent.parent
CUSTOMERS, PURCHASES, DOLLARS = 2_357, 6_919, Decimal("244091.94")

UNTIL_KILLED = """
import pathlib, sys
from tests.commands.importing.given_importing import MAPPING, SAMPLE, Store
store = Store(pathlib.Path(sys.argv[1]))
store.load_file(MAPPING, SAMPLE, progress=lambda done, rows: print(done, flush=True))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Report]]:
    store = Store(tmp_path_factory.mktemp("cdnow"))
    yield store, store.load_file(MAPPING, SAMPLE)
    store.close()


def test_every_row_is_accepted(loaded: tuple[Store, Report]) -> None:
    _, report = loaded
    print(f"\n{report.commands} commands in {report.seconds:.2f} s: {report.commands_per_second:,.0f} a second")
    assert (report.rows, report.accepted, report.repeated, report.refused, report.skipped) == (PURCHASES, PURCHASES, 0, 0, 0)
    assert report.irregular == {}


def test_customers_purchases_and_dollars_are_those_of_the_source(loaded: tuple[Store, Report]) -> None:
    store, _ = loaded
    orders, customers = _replayed(store.log(), Order), _replayed(store.log(), Customer)
    assert len(customers) == CUSTOMERS
    assert len(orders) == PURCHASES
    assert sum(order.total for order in orders) == DOLLARS
    assert sum(order.sum("capture") for order in orders) == DOLLARS
    assert {order.status for order in orders} == {"confirmed"}
    assert {order.payment_status for order in orders} == {"paid"}
    assert {order.customer_id for order in orders} == {customer.id for customer in customers}


def test_duplicate_rows_and_zero_amounts_are_kept(loaded: tuple[Store, Report]) -> None:
    store, _ = loaded
    rows = [line.split() for line in SAMPLE.read_text().splitlines()]
    free = sum(1 for row in rows if row[4] == "0.00")
    assert len({tuple(row) for row in rows}) < len(rows) == len(store.recorded(Placed))
    assert sum(1 for placed in store.recorded(Placed) if placed.total == 0) == free > 0
    assert len(store.recorded(PaymentCaptured)) == PURCHASES - free


def test_a_purchase_keeps_its_day_in_every_zone(loaded: tuple[Store, Report]) -> None:
    store, _ = loaded
    first = next(recorded for recorded in store.log() if isinstance(recorded.event, Placed))
    assert first.metadata.occurred_precision == "day"
    assert first.metadata.day(ZoneInfo("Asia/Shanghai")) == first.metadata.day() == date(1997, 1, 1)
    assert first.metadata.origin == "import"


def test_a_customer_is_registered_from_their_first_row(loaded: tuple[Store, Report]) -> None:
    store, report = loaded
    first = next(recorded for recorded in store.log() if isinstance(recorded.event, Registered))
    purchases = [
        recorded
        for recorded in store.log()
        if isinstance(recorded.event, Placed) and recorded.event.customer_id == first.stream
    ]
    assert first.metadata.occurred_at == min(recorded.metadata.occurred_at for recorded in purchases)
    assert first.metadata.source
    assert first.metadata.source.import_id == report.import_id
    assert first.metadata.source.row in {recorded.metadata.source and recorded.metadata.source.row for recorded in purchases}


def test_the_log_holds_the_events_of_each_aggregate_in_the_order_of_time(loaded: tuple[Store, Report]) -> None:
    times: dict[UUID, list[datetime]] = defaultdict(list)
    for recorded in loaded[0].log():
        times[recorded.stream].append(recorded.metadata.occurred_at)
    assert all(known == sorted(known) for known in times.values())


def test_importing_twice_changes_nothing(loaded: tuple[Store, Report]) -> None:
    store, first = loaded
    head = store.events.head()
    again = store.load_file(MAPPING, SAMPLE)
    assert store.events.head() == head == again.position
    assert (again.accepted, again.repeated, again.import_id) == (0, PURCHASES, first.import_id)


def test_the_import_records_the_results_of_its_rows(loaded: tuple[Store, Report]) -> None:
    store, _ = loaded
    assert len(store.recorded(Started)) == 1
    assert store.recorded(Completed) == [Completed(rows=PURCHASES, accepted=PURCHASES, repeated=0, refused=0)]


def test_an_import_that_is_killed_and_run_again_ends_like_one_run(loaded: tuple[Store, Report], tmp_path: Path) -> None:
    _kill_after(PURCHASES // 2, tmp_path)
    store = Store(tmp_path)
    interrupted = len(store.recorded(Placed))
    report = store.load_file(MAPPING, SAMPLE)
    assert 0 < interrupted < PURCHASES
    assert report.accepted + report.repeated == PURCHASES
    assert report.accepted < PURCHASES
    assert histories(store.log()) == histories(loaded[0].log())
    store.close()


def test_a_renamed_copy_of_the_file_is_the_same_import(loaded: tuple[Store, Report], tmp_path: Path) -> None:
    store, first = loaded
    copy = tmp_path / "copy.txt"
    copy.write_bytes(SAMPLE.read_bytes())
    assert store.load_file(CDNOW / "cdnow.toml", copy).import_id == first.import_id


def _kill_after(rows: int, folder: Path) -> None:
    """Imports in another process, and kills it as soon as it reports that `rows` rows are done."""
    command = [sys.executable, "-c", UNTIL_KILLED, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for done in process.stdout:
            if int(done) >= rows:
                process.kill()
                return


def _replayed(log: list[Recorded], kind: type[A]) -> list[A]:
    streams: dict[UUID, list[Recorded]] = defaultdict(list)
    for recorded in log:
        if type(recorded.event) in kind.events:
            streams[recorded.stream].append(recorded)
    return [replayed(kind, events[0].stream, events) for events in streams.values()]
