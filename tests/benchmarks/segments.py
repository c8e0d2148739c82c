"""Segments: a fit of many customers, a label for each of them, and the label of one customer after an event."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import msgspec

from domain.segmentation.segment_model import Activated, Feature, Fitted
from domain.shared.events import Actor, Event, Metadata, Recorded
from domain.shared.ids import derived_id
from infra.read_models.database import sqlite_read_models
from infra.read_models.tables import create_tables
from projections.customers.customer_behaviour import Behaviour, Spent
from projections.customers.customer_features import customer_features, stored
from projections.customers.customers import customer_view
from projections.segmentation.segment_fitting import Wanted, fit, sample
from projections.segmentation.segment_labels import segment_labels, settle_all
from projections.segmentation.segment_models import known
from projections.segmentation.segment_moves import seen
from projections.shared.projection import Delivery
from projections.shared.rows import Rows
from tests.benchmarks.figures import Figure, measured

CUSTOMERS = 100_000
ONE_BY_ONE = 20_000
DAY = date(2026, 3, 1)
AT = datetime(2026, 3, 1, tzinfo=UTC)
FEATURES = (Feature(name="orders"), Feature(name="days_since_last"), Feature(name="total", currency="EUR"))
MODEL = derived_id("segment_model", "baseline")


class Place:
    """Customers with purchases, on SQLite, and a model that is fitted repeatedly."""

    def __init__(self, folder: Path, customers: int = CUSTOMERS) -> None:
        self.read_models = sqlite_read_models(folder / "segments.db")
        self.behaviours = [_behaviour(random.Random(n)) for n in range(customers)]
        self._versions = count(1)
        with self.read_models.writer.begin() as connection:
            create_tables(connection, (*segment_labels.tables, *customer_view.tables))
            Rows(connection).save(customer_features, [_row(n, behaviour) for n, behaviour in enumerate(self.behaviours)])
        self.fitted = self._fit()
        self._apply(self.fitted)
        self._apply(Activated())

    def fit(self) -> float:
        begun = time.perf_counter()
        self._fit()
        return time.perf_counter() - begun

    def label(self) -> float:
        """Seconds to label all customers after another fit."""
        begun = time.perf_counter()
        self._apply(msgspec.structs.replace(self.fitted, seed=self.fitted.seed + 1))
        return time.perf_counter() - begun

    def label_one(self) -> float:
        """Microseconds of CPU to see the cluster of a customer."""
        with self.read_models.reader.connect() as connection:
            [model] = known(connection).active
        some = self.behaviours[:ONE_BY_ONE]
        begun = time.process_time()
        for behaviour in some:
            seen(model, behaviour, DAY)
        return (time.process_time() - begun) / len(some) * 1e6

    def _fit(self) -> Fitted:
        with self.read_models.reader.connect() as connection:
            return fit(Wanted("baseline", FEATURES, 3), sample(connection, FEATURES, DAY), 1)

    def _apply(self, event: Event) -> None:
        version = next(self._versions)
        about = Metadata(subject=MODEL, recorded_at=AT, occurred_at=AT, actor=Actor(type="system", id="clock"), everyone=True)
        delivery = Delivery(Recorded(1 + version, MODEL, version, event, about), frozenset({MODEL}))
        with self.read_models.writer.begin() as connection:
            segment_labels.apply([delivery], Rows(connection))
            settle_all(Rows(connection), version, version + 2)


def figures(folder: Path, rounds: int) -> Iterator[tuple[str, Figure]]:
    place = Place(folder)
    yield "fit", measured(place.fit, rounds)
    yield "labels", measured(place.label, rounds)
    yield "label", measured(place.label_one, rounds)
    place.read_models.close()


def _behaviour(chance: random.Random) -> Behaviour:
    days = [DAY - timedelta(days=chance.randrange(700)) for _ in range(1 + chance.randrange(6))]
    return Behaviour(purchases={"EUR": {day.isoformat(): Spent(1, chance.randrange(100, 50_000)) for day in days}})


def _row(n: int, behaviour: Behaviour) -> dict[str, object]:
    return {"customer_id": UUID(int=n), "position": 1, **stored(behaviour)}
