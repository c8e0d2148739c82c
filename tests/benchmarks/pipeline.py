"""From the log to the read models: relay and projector compared with the bare loops, rebuilds, imports."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from commands.customers import customers
from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from commands.sales import orders
from commands.shared.batch import Command
from commands.shared.executor import Executor
from commands.shared.outcome import Outcome
from consumers.projecting.projector import Projector
from consumers.rebuilding.rebuild import rebuild
from consumers.relay import Relay, routed_position
from domain.customers.customer.events import ContactMethod
from domain.sales.order.values import Item
from domain.shared.aggregate import Aggregate
from domain.shared.events import Actor, Context
from domain.shared.ids import new_id
from infra.kafka.connection import Brokers
from infra.kafka.headers import encode
from infra.routing import PARTITIONS, Message, partition_of
from infra.servers.postgres import PostgresAt
from infra.settings import Settings
from infra.wiring import Deployment, deploy
from projections.customers.customers import customer_view
from projections.sales.channel_sales import channel_sales
from projections.sales.orders import orders as orders_view
from projections.shared.projection import Projection
from tests.benchmarks import bare_kafka
from tests.benchmarks.clock import now
from tests.benchmarks.figures import Figure, compared, in_turn, measured
from tests.benchmarks.following import LIMIT, OFTEN, Following, kafka_source
from tests.benchmarks.recount import MASTER_KEY, deployed, rebuild_all_of

SAMPLE = Path(__file__).parents[1] / "data" / "cdnow"
ACTOR = Actor(type="system", id="benchmark")


def figures(postgres: PostgresAt, kafka: str, rounds: int, events: int) -> Iterator[tuple[str, Figure]]:
    deployment = deployed(postgres.create_database("bench_pipeline"), kafka)
    fill(deployment, events)
    records = bare_messages(deployment, events)
    filled = new_topic()
    relay_rate(deployment, kafka, filled, events)
    relayed = in_turn(
        {
            "ours": lambda: relay_rate(deployment, kafka, new_topic(), events),
            "theirs": lambda: bare_kafka.produce(kafka, created_topic(kafka), records),
        },
        rounds,
    )
    yield "relay", compared((one["ours"], one["theirs"]) for one in relayed)
    projected = in_turn(
        {
            "ours": lambda: _projector_rate(deployment, kafka, filled, channel_sales, events),
            "theirs": lambda: bare_kafka.consume(kafka, filled, events),
        },
        rounds,
    )
    yield "projector", compared((one["ours"], one["theirs"]) for one in projected)
    for projection in (channel_sales, customer_view, orders_view):
        yield f"rebuild-{projection.name}", measured(partial(_rebuild_rate, deployment, projection, events), rounds)
    yield "rebuild-together", measured(lambda: _rebuild_all(deployment, events), min(rounds, 3))
    deployment.close()
    yield "import-sqlite", measured(_embedded_import_rate, rounds)
    yield "import-postgres", measured(lambda: _import_rate(postgres, kafka), rounds)


def new_topic() -> str:
    """A name that no topic has."""
    return f"bench_{uuid4().hex}"


def created_topic(kafka: str) -> str:
    topic = new_topic()
    bare_kafka.create_topic(kafka, topic)
    return topic


def fill(deployment: Deployment, events: int) -> None:
    """Record customers, with one order each."""
    executor = deployment.executor()
    for start in range(0, events // 2, 1000):
        pending = []
        for number in range(start, min(start + 1000, events // 2)):
            customer, order = new_id(), new_id()
            pending.append(submit(executor, customers.register, customer_id=customer, **customer_facts(number)))
            pending.append(submit(executor, orders.place, order_id=order, customer_id=customer, **order_facts(number)))
        for future in pending:
            if refusal := future.result().refusal:
                raise refusal
    executor.close()


def submit(executor: Executor, function: Callable[..., Aggregate], **facts: object) -> Future[Outcome]:
    context = Context(now=now(), actor=ACTOR, command_id=new_id())
    return executor.submit(Command(function, facts, context))


def customer_facts(number: int) -> dict[str, object]:
    method = ContactMethod(method_id=new_id(), kind="email", primary=True, value=f"customer{number}@example.com")
    return {"kind": "person", "name": f"Customer {number}", "contact_methods": (method,), "owner": "u-1"}


def order_facts(number: int) -> dict[str, object]:
    item = Item(line_id="1", name="Disc", quantity=Decimal(2), unit_price=Decimal("12.50"))
    return {"number": f"N-{number}", "channel": ("web", "store-1", "phone")[number % 3], "currency": "USD", "lines": (item,)}


def relay_rate(
    deployment: Deployment, kafka: str, topic: str, events: int, clock: bare_kafka.Clock = time.perf_counter
) -> float:
    """Measured from the first window, as the bare loop is from its first record: no topic is created in this time.

    The relay's own gauge shows how far it is, because a query for its checkpoint would count as its CPU.
    """
    relay, head = Relay(deployment.store, deployment.read_models, Brokers(kafka), topic), deployment.store.head()
    routed_position.set(0)
    thread = threading.Thread(target=relay.run, daemon=True)
    thread.start()
    _wait_for_routed(1)
    begin, before = clock(), _routed()
    _wait_for_routed(head)
    seconds = clock() - begin
    relay.stop()
    thread.join()
    return (events - before) / seconds


def _routed() -> int:
    return int(routed_position._value.get())


def _wait_for_routed(position: int) -> None:
    """Looks more often than `wait_until` does, since a relay sends thousands of events in 50 ms."""
    deadline = time.monotonic() + LIMIT
    while _routed() < position:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the relay is not at position {position} after {LIMIT:g} s")
        time.sleep(OFTEN)


def bare_messages(deployment: Deployment, events: int) -> Sequence[bare_kafka.Message]:
    """The same records that the relay sends, made in advance."""
    made, after = [], 0
    while stored := deployment.store.log(after, 1000):
        for one in stored:
            [record] = encode([Message(partition_of(one.stream, PARTITIONS), 0, 0, one)])
            made.append(bare_kafka.Message(record.partition, one.state, list(record.headers)))
        after = stored[-1].position
    return made[:events]


def _projector_rate(deployment: Deployment, kafka: str, topic: str, projection: Projection, events: int) -> float:
    """Measured from the first rows to the last, without the time to join the group."""
    with projecting(deployment, kafka, topic, projection) as following:
        following.wait_for_first(projection.name)
        begin, before = time.perf_counter(), following.applied(projection.name)
        following.wait_for_complete(projection.name)
        return (events - before) / (time.perf_counter() - begin)


@contextmanager
def projecting(deployment: Deployment, kafka: str, topic: str, projection: Projection) -> Iterator[Following]:
    """A projector in this process, which starts from the beginning."""
    following = Following(deployment, topic)
    following.forget([projection])
    following.applied(projection.name)  # Reads and caches the log, before any time is measured.
    source = kafka_source(deployment, kafka, topic, projection.name)
    projector = Projector([projection], source, deployment.store, deployment.read_models, PARTITIONS)
    thread = threading.Thread(target=projector.run, daemon=True)
    thread.start()
    try:
        yield following
    finally:
        projector.stop()
        thread.join()
        source.close()


def _rebuild_rate(deployment: Deployment, projection: Projection, events: int) -> float:
    begin = time.perf_counter()
    rebuild(projection, deployment.store, deployment.read_models, PARTITIONS)
    return events / (time.perf_counter() - begin)


def _rebuild_all(deployment: Deployment, events: int) -> float:
    begin = time.perf_counter()
    rebuild_all_of(deployment)
    return events / (time.perf_counter() - begin)


def _embedded_import_rate() -> float:
    with TemporaryDirectory(prefix="recount-import-") as home:
        return _import_into(deploy(Settings(home=Path(home), master_key=MASTER_KEY)))


def _import_rate(postgres: PostgresAt, kafka: str) -> float:
    return _import_into(deployed(postgres.create_database(f"bench_{uuid4().hex}"), kafka))


def _import_into(deployment: Deployment) -> float:
    mapping = parse_mapping((SAMPLE / "cdnow.toml").read_bytes())
    executor = deployment.executor()
    report = run_import(executor, deployment.store.secret, mapping, SAMPLE / "CDNOW_sample.txt", ACTOR)
    executor.close()
    deployment.close()
    return report.commands_per_second
