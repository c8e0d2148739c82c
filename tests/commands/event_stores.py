"""Event stores on either engine, executors on them, and the commands that the tests send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from commands.customers import customers
from commands.sales import orders
from commands.shared import annotating
from commands.shared.batch import Command
from commands.shared.commit import Commit, Committed, KeptReceipt, ReceiptKey
from commands.shared.commit import EventStore as AnyStore
from commands.shared.executor import Executor, Limits
from commands.shared.outcome import Outcome
from commands.shared.precondition import exactly
from domain.customers.customer.customer import Customer
from domain.sales.order.order import Order
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Context, Event, Recorded
from domain.shared.ids import new_id
from infra.event_store.mapper import Mapper
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.rotation import SECRET_OWNER
from infra.event_store.rows import SECRET_MARKER
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from tests.domain.sales.given_orders import CUPS

MASTER_KEY = bytes(range(32))
EVENTS: tuple[type[Event], ...] = (*Customer.events, *Order.events)
PATIENCE = 30.0


def recorder(where: str, **timeouts: float) -> PostgresRecorder | SqliteRecorder:
    """`where` is a PostgreSQL URL, or the path of a SQLite file."""
    return PostgresRecorder(where, **timeouts) if where.startswith("postgresql://") else SqliteRecorder(Path(where))  # type: ignore[arg-type]


def opened(where: str, engine: PostgresRecorder | SqliteRecorder | None = None, vault: Vault | None = None) -> EventStore:
    """An event store with connections of its own, like that of a separate process."""
    return EventStore(engine or recorder(where), Mapper(EVENTS), vault or Vault(MASTER_KEY))


def with_known_secret(recorder: PostgresRecorder | SqliteRecorder, vault: Vault) -> PostgresRecorder | SqliteRecorder:
    """A new store gets this secret instead of a random one: several stores then derive the same ids."""
    recorder.create()
    recorder.marker(SECRET_MARKER, vault.newest.wrap(SECRET_OWNER, bytes(range(32, 64))))
    return recorder


@contextmanager
def worker(where: str, **limits: Any) -> Iterator[Executor]:
    """An executor on a store of its own, like one API worker."""
    store = opened(where)
    with running(store, **limits) as executor:
        yield executor
    store.close()


@contextmanager
def running(store: AnyStore, clock: Callable[[], datetime] | None = None, **limits: Any) -> Iterator[Executor]:
    executor = Executor(store, Limits(**limits), clock)
    try:
        yield executor
    finally:
        executor.close()


class Watched:
    """A store that forwards everything and keeps the commits; subclasses add failures."""

    def __init__(self, store: AnyStore) -> None:
        self.store = store
        self.commits: list[Commit] = []

    def commit(self, commit: Commit) -> Committed:
        self.commits.append(commit)
        return self.store.commit(commit)

    def streams(self, ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Recorded]]:
        return self.store.streams(ids)

    def receipts(self, keys: Iterable[ReceiptKey]) -> Mapping[tuple[str, str], KeptReceipt]:
        return self.store.receipts(keys)

    def reserve_numbers(self, register: str, count: int) -> Sequence[int]:
        return self.store.reserve_numbers(register, count)

    def head(self) -> int:
        return self.store.head()


# Commands


def command(
    function: Callable[..., Aggregate],
    *,
    key: str | None = None,
    body: str = "",
    expected: int | None = None,
    target: UUID | None = None,
    **facts: Any,
) -> Command:
    context = Context(now=datetime.min.replace(tzinfo=UTC), actor=Actor(type="user", id="u-1"), command_id=new_id())
    receipt = ReceiptKey("tests", key, body.encode()) if key else None
    precondition = None if expected is None else exactly(expected)
    return Command(function, facts, context, target=target, expected=precondition, receipt=receipt)


def registering(customer_id: UUID | None = None, name: str = "Ada Lovelace", **more: Any) -> Command:
    return command(customers.register, customer_id=customer_id or new_id(), kind="person", name=name, **more)


def tagging(customer_id: UUID, *tags: str, **more: Any) -> Command:
    return command(annotating.tag, kind=Customer, id=customer_id, tags=tags, target=customer_id, **more)


def archiving(customer_id: UUID, **more: Any) -> Command:
    return command(customers.archive, customer_id=customer_id, **more)


def restoring(customer_id: UUID) -> Command:
    return command(customers.restore, customer_id=customer_id)


def erasing(customer_id: UUID) -> Command:
    return command(customers.erase, customer_id=customer_id, reason="requested", requested_by="customer", receipt="r-1")


def placing(
    order_id: UUID | None = None,
    customer_id: UUID | None = None,
    number: str | None = None,
    key: str | None = None,
    **more: Any,
) -> Command:
    return command(
        orders.place,
        key=key,
        order_id=order_id or new_id(),
        number=number,
        customer_id=customer_id,
        channel="web",
        currency="EUR",
        lines=(CUPS,),
        **more,
    )


# Answers


def done(*futures: Future[Outcome]) -> list[Outcome]:
    return [future.result(PATIENCE) for future in futures]


def one(executor: Executor, command: Command) -> Outcome:
    return executor.submit(command).result(PATIENCE)


def together(executor: Executor, *commands: Command) -> list[Future[Outcome]]:
    """Submits the commands so that one batch takes all of them (if the committer is idle and they fit into a batch)."""
    with executor._ready:
        return [executor.submit(command) for command in commands]


def accepted(outcome: Outcome) -> bool:
    return outcome.refusal is None


def refusal(outcome: Outcome) -> str:
    assert outcome.refusal is not None
    return outcome.refusal.rule


def types(store: EventStore, stream: UUID) -> list[str]:
    """The names of the stream's events, in order; asserts that their versions have no gap."""
    recorded = store.part(stream, 1, store.version(stream))
    assert [one.version for one in recorded] == list(range(1, len(recorded) + 1))
    assert [one.position for one in recorded] == sorted(one.position for one in recorded)
    return [one.type.split(".")[2] for one in recorded]


def tags(store: EventStore, stream: UUID) -> list[str]:
    """Every recorded tag; a tag that was recorded several times is repeated."""
    return [tag for recorded in store.streams([stream])[stream] for tag in getattr(recorded.event, "tags", ())]
