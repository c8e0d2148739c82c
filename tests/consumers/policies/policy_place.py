"""The environment of policies under test: real stores, a clock that the test sets, and the commands of people."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from commands.customers import customers
from commands.marketing import campaign_members, campaigns
from commands.sales import order_payments, orders
from commands.shared.batch import Command
from commands.shared.executor import Executor
from consumers.policies import Deadline, Policy, policies
from consumers.policies.clock import Clock
from consumers.policies.runner import NAME, Policies
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from domain.customers.customer.customer import Customer
from domain.customers.customer.events import ContactMethod
from domain.marketing.campaign_member.member import CampaignMember, member_id
from domain.sales.order.values import Item
from domain.shared.aggregate import Aggregate, replayed
from domain.shared.events import Actor, Context, Event, Origin, Precision, Recorded
from domain.shared.ids import external_id, new_id
from infra.event_store.mapper import Mapper
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.pruning import Pruning
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.read_models.database import postgres_read_models, sqlite_read_models
from infra.read_models.positions import followed
from infra.read_models.tables import prepare
from infra.wiring import EVENTS
from projections.operations.webhooks import webhooks
from projections.service.tasks import tasks
from projections.service.ticket_due import ticket_due
from tests.domain.given import NOW

A = TypeVar("A", bound=Aggregate)

ADA = external_id("customer", "test", "ada", b"")
BOB = external_id("customer", "test", "bob", b"")
MAIL = external_id("method", "test", "mail", b"")
SPRING = external_id("campaign", "test", "spring", b"")
ORDER = external_id("order", "test", "1", b"")
MEMBER: Any = {"campaign_id": SPRING, "customer_id": ADA}


class Place:
    """The stores in a folder, or in the PostgreSQL database at `url`."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.now, self.trusts_clock = NOW, True
        self._folder, self._url = folder, url
        self._opened = ExitStack()
        self.store = self.open_store()
        self.read_models = postgres_read_models(url) if url else sqlite_read_models(folder / "read-models.db")
        self._opened.callback(self.read_models.close)
        prepare(self.read_models)
        self._executor = self.worker()

    def open_store(self) -> EventStore:
        """Opens the event store with connections of its own, like another process."""
        recorder = PostgresRecorder(self._url) if self._url else SqliteRecorder(self._folder / "events.db")
        store = EventStore(recorder, Mapper(EVENTS), Vault(b"k" * 32))
        self._opened.callback(store.close)
        return store

    def worker(self) -> Executor:
        executor = Executor(self.store, clock=lambda: self.now)
        self._opened.callback(executor.close)
        return executor

    def policies(self, *chosen: Policy) -> Policies:
        """Policies that run like in a separate process."""
        runner = Policies(chosen or policies(self.store), self.worker(), self.store, self.read_models)
        runner.begin()
        return runner

    def clock(self, deadline: Deadline) -> Clock:
        """A clock that runs like in a separate process."""
        return Clock([deadline], self.worker(), self.read_models, lambda: self.now, lambda: self.trusts_clock)

    def project(self) -> None:
        """Lets the read models that give the due items catch up."""
        projector = Projector([ticket_due, tasks, webhooks], Tail(self.store), self.store, self.read_models, 1)
        while projector.turn(0):
            pass

    def cut(self, position: int) -> None:
        """Damages an event: of its JSON, only the beginning is left."""
        if self._url:
            with psycopg.connect(self._url) as connection:
                cut = "UPDATE stored_events SET state = substring(state FOR 30) WHERE notification_id = %s"
                connection.execute(cut, [position])
        else:
            with closing(sqlite3.connect(self._folder / "events.db")) as file, file:
                file.execute("UPDATE stored_events SET state = substr(state, 1, 30) WHERE rowid = ?", [position])

    def forget_the_position(self, name: str = NAME) -> None:
        """Deletes the stored position, as if the process had crashed between a command and the saving of the position."""
        with self.read_models.writer.begin() as connection:
            connection.execute(followed.update().where(followed.c.name == name).values(position=0))

    def let_years_pass(self) -> None:
        """Years later there are other facts, and old receipts are deleted."""
        self.now += timedelta(days=1000)
        self.run(campaigns.plan, campaign_id=new_id(), name="Years later")
        assert Pruning(self.store, lambda: self.now, lambda: True).prune()

    def run(
        self,
        function: Callable[..., Aggregate],
        *,
        origin: Origin = "live",
        at: datetime | None = None,
        precision: Precision = "second",
        **facts: Any,
    ) -> None:
        context = Context(
            now=self.now,
            actor=Actor(type="user", id="u-1"),
            origin=origin,
            occurred_at=at,
            occurred_precision=precision,
            command_id=new_id(),
        )
        outcome = self._executor.submit(Command(function, facts, context)).result(10)
        assert outcome.refusal is None, outcome.refusal

    def log(self) -> list[Recorded]:
        return self.store.decode(self.store.log(0, 10_000))

    def done(self) -> list[Event]:
        """The events that policies recorded."""
        return [recorded.event for recorded in self.log() if recorded.metadata.actor.type == "policy"]

    def ada(self) -> Customer:
        return replayed(Customer, ADA, self.store.streams([ADA])[ADA])

    def member(self) -> CampaignMember:
        id = member_id(SPRING, ADA)
        return replayed(CampaignMember, id, self.store.streams([id])[id])

    # Commands of people

    def register_ada(self) -> None:
        method = ContactMethod(method_id=MAIL, kind="email", value="ada@example.com")
        self.run(customers.register, customer_id=ADA, kind="person", name="Ada", contact_methods=(method,))

    def plan_spring(self, window: int | None = 30) -> None:
        self.run(campaigns.plan, campaign_id=SPRING, name="Spring", attribution_window_days=window)

    def bounce(self, bounce: str = "hard", **facts: Any) -> None:
        self.run(campaign_members.bounce, **MEMBER, bounce=bounce, method_id=MAIL, **facts)

    def target(self, **facts: Any) -> None:
        self.run(campaign_members.target, **MEMBER, **facts)

    def order(self, **facts: Any) -> None:
        """Places an order of 20.00 EUR by Ada, for the campaign."""
        cups = Item(line_id="cups", name="Tea cup", quantity=Decimal(2), unit_price=Decimal(10))
        asked: dict[str, Any] = {"number": "A-1", "channel": "web", "currency": "EUR", "campaign_id": SPRING}
        self.run(orders.place, **asked | {"order_id": ORDER, "customer_id": ADA, "lines": (cups,)} | facts)

    def pay(self, amount: int, payment_id: str = "p-1", **facts: Any) -> None:
        self.run(order_payments.capture_payment, order_id=ORDER, payment_id=payment_id, amount=Decimal(amount), **facts)

    def refund(self, amount: int, refund_id: str = "r-1") -> None:
        self.run(order_payments.refund_payment, order_id=ORDER, refund_id=refund_id, amount=Decimal(amount))

    def close(self) -> None:
        self._opened.close()


@contextmanager
def place_in(folder: Path, url: str | None = None) -> Iterator[Place]:
    place = Place(folder, url)
    try:
        yield place
    finally:
        place.close()
