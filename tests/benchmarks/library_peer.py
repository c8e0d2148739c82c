"""The `eventsourcing` library used as its documentation shows: Application.save, and a ProjectionRunner with a view in SQL."""

import time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL


class Customer(Aggregate):
    @event("Registered")
    def __init__(self, name: str, owner: str, language: str, attributes: dict[str, str]) -> None:
        self.name, self.owner, self.language, self.attributes = name, owner, language, attributes


class Customers(Application[UUID]):
    def register(self, **facts: Any) -> int:
        """Returns the position of the event."""
        [recording] = self.save(Customer(**facts))
        return recording.notification.id


class CustomerView(PostgresTrackingRecorder):
    """One row per customer, written together with the position."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS customer_view (id uuid PRIMARY KEY, name text, owner text, language text)").format()
        )

    def add(self, id: UUID, facts: Customer.Registered, tracking: Tracking) -> None:  # type: ignore[name-defined]
        row = (id, facts.name, facts.owner, facts.language)
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute("INSERT INTO customer_view VALUES (%s, %s, %s, %s)", row, prepare=True)


class CustomerProjection(Projection[CustomerView]):
    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def registered(self, domain_event: Customer.Registered, tracking: Tracking) -> None:  # type: ignore[name-defined]
        self.view.add(domain_event.originator_id, domain_event, tracking)


def save_rate(database_url: str, count: int) -> float:
    """Aggregates saved per second, one after another."""
    customers = Customers(_environment(database_url))
    begin = time.perf_counter()
    for number in range(count):
        customers.register(name=f"Customer {number}", owner="u-1", language="en", attributes={"size": "small"})
    rate = count / (time.perf_counter() - begin)
    customers.close()
    return rate


def projection_rate(database_url: str, timeout: float = 300) -> float:
    """Events per second, from an empty view to the last event of `save_rate`. Raises TimeoutError after `timeout` seconds."""
    begin = time.perf_counter()
    with ProjectionRunner(
        application_class=Customers,
        projection_class=CustomerProjection,
        view_class=CustomerView,
        env=_environment(database_url),
    ) as runner:
        last = runner.app.recorder.max_notification_id()
        runner.wait(last, timeout=timeout)
        seconds = time.perf_counter() - begin
    return (last or 0) / seconds


def _environment(database_url: str) -> dict[str, str]:
    url = urlsplit(database_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.path.lstrip("/"),
        "POSTGRES_HOST": url.hostname or "",
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": url.username or "",
        "POSTGRES_PASSWORD": url.password or "",
    }
