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
from infra.servers.process import wait_until
from infra.settings import Settings
from infra.wiring import PROJECTIONS, Deployment, deploy
from projections.customers.customers import customer_view
from projections.sales.channel_sales import channel_sales
from projections.sales.orders import orders as orders_view
from projections.shared.projection import Projection
from tests.benchmarks import bare_kafka
from tests.benchmarks.clock import now
from tests.benchmarks.figures import Figure, alone, compared
from tests.benchmarks.following import LIMIT, Following, kafka_source
from tests.benchmarks.recount import MASTER_KEY, deployed

SAMPLE = Path(__file__).parents[1] / "data" / "cdnow"
ACTOR = Actor(type="system", id="benchmark")


def figures(postgres: PostgresAt, kafka: str, rounds: int, events: int) -> Iterator[Figure]:
    deployment = deployed(postgres.create_database("bench_pipeline"), kafka)
    fill(deployment, events)
    relayed, projected = [], []
    for _ in range(rounds):
        topic = f"bench_{uuid4().hex}"
        ours = relay_rate(deployment, kafka, topic, events)
        records = bare_messages(deployment, events)
        bare_topic = f"bench_{uuid4().hex}"
        bare_kafka.create_topic(kafka, bare_topic)
        relayed.append((ours, bare_kafka.produce(kafka, bare_topic, records)))
        into = _projector_rate(deployment, kafka, topic, channel_sales, events)
        projected.append((into, bare_kafka.consume(kafka, topic, events)))
    yield compared("relay, store to Kafka, against the bare producer loop", "events/s", relayed, "≥ 0.75 ×, eventually")
    yield compared("projector, Kafka to channel_sales, against the bare consumer", "events/s", projected, "≥ 0.4 ×, eventually")
    for projection, wanted in ((channel_sales, "≥ 20,000"), (customer_view, ""), (orders_view, "")):
        rate = partial(_rebuild_rate, deployment, projection, events)
        yield alone(f"rebuild of {projection.name}", "events/s", rate, rounds, wanted)
    yield alone("rebuild of all read models, one after another", "events/s", lambda: _rebuild_all(deployment, events), 1)
    deployment.close()
    yield alone("import of CDNOW, embedded (SQLite)", "commands/s", _embedded_import_rate, rounds, "≥ 3,000")
    yield alone("import of CDNOW, PostgreSQL", "commands/s", lambda: _import_rate(postgres, kafka), rounds, "≥ 3,000")


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
    """Waits for the relay's own gauge, because a query for its checkpoint would count as CPU of the relay."""
    relay, head = Relay(deployment.store, deployment.read_models, Brokers(kafka), topic), deployment.store.head()
    routed_position.set(0)
    begin = clock()
    thread = threading.Thread(target=relay.run, daemon=True)
    thread.start()
    wait_until(lambda: routed_position._value.get() >= head, LIMIT, f"everything is sent to {topic}")
    seconds = clock() - begin
    relay.stop()
    thread.join()
    return events / seconds


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
    for projection in PROJECTIONS:
        rebuild(projection, deployment.store, deployment.read_models, PARTITIONS)
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
