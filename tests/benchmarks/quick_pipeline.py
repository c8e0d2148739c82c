"""The figures of `make bench-quick` from the store to a read model: events per second of this process's CPU.

Relay, projector and the bare loops run in this process; the CPU of Kafka and PostgreSQL is not counted, on either side.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from statistics import harmonic_mean

from infra.servers.postgres import PostgresAt
from infra.wiring import Deployment
from projections.sales.channel_sales import channel_sales
from tests.benchmarks import bare_kafka
from tests.benchmarks.pipeline import bare_messages, created_topic, fill, new_topic, projecting, relay_rate
from tests.benchmarks.recount import deployed
from tests.benchmarks.sides import Pair

EVENTS = 30_000
PASSES = 3  # passes of the bare consumer: a single one takes too few ticks of the clock
CLOCK = time.process_time


@contextmanager
def pairs(postgres: PostgresAt, kafka: str) -> Iterator[dict[str, Pair]]:
    with closing(deployed(postgres.create_database("bench_pipeline"), kafka)) as deployment:
        fill(deployment, EVENTS)
        filled = new_topic()
        relay_rate(deployment, kafka, filled, EVENTS)
        records = bare_messages(deployment, EVENTS)
        yield {
            "relay": Pair(
                lambda: relay_rate(deployment, kafka, new_topic(), EVENTS, CLOCK),
                lambda: bare_kafka.produce(kafka, created_topic(kafka), records, clock=CLOCK),
            ),
            "projector": Pair(
                lambda: _projector_rate(deployment, kafka, filled),
                lambda: harmonic_mean([bare_kafka.consume(kafka, filled, EVENTS, clock=CLOCK) for _ in range(PASSES)]),
            ),
        }


def _projector_rate(deployment: Deployment, kafka: str, topic: str) -> float:
    """Measured from the start: joining the group costs little CPU, beside so many events. So do a few looks from outside."""
    with projecting(deployment, kafka, topic, channel_sales) as following:
        begin = CLOCK()
        following.wait_for_complete(channel_sales.name, every=0.25)
        return EVENTS / (CLOCK() - begin)
