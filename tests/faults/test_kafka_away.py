"""Commands are accepted without Kafka. Here, twelve seconds without Kafka stand for minutes: all time-outs are shorter too."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.books import Books
from tests.faults.deployment import KAFKA, PROCESSES, ROLE_OF, Deployment, Servers, deployed
from tests.faults.traffic import Traffic
from tests.faults.verdict import verdict

pytestmark = [pytest.mark.servers, pytest.mark.faults]

AWAY_SECONDS = 12
WITH_KAFKA_SECONDS = 3
# Longer than any pause of a busy machine, so that a command is sent again only if a worker answered 503.
ANSWER_SECONDS = 60.0


@pytest.fixture(scope="module")
def deployment(fault_servers: Servers) -> Iterator[Deployment]:
    """Without followers, which need no Kafka."""
    with deployed(fault_servers, [name for name in PROCESSES if ROLE_OF[name].command != "follow"]) as running:
        yield running


def test_commands_are_accepted_without_kafka_and_read_models_catch_up_when_it_is_back(deployment: Deployment) -> None:
    books = Books()
    with Traffic(deployment.urls, deployment.key, books, "kafka away", ANSWER_SECONDS) as traffic:
        traffic.wait_for_more(50)
        deployment.wait_until_caught_up()
        with_kafka = _accepted_in_a_second(traffic, books, WITH_KAFKA_SECONDS)
        deployment.kill(KAFKA)
        try:
            without = _accepted_in_a_second(traffic, books, AWAY_SECONDS)
        finally:
            deployment.restart(KAFKA)
        print(f"accepted in a second: {with_kafka:.0f} with Kafka, {without:.0f} without")
        assert without > with_kafka / 10
        assert books.tried_again == 0, "no command was answered 503"
    print(verdict(deployment, books))


def _accepted_in_a_second(traffic: Traffic, books: Books, seconds: float) -> float:
    """Commands accepted per second, measured over `seconds`."""
    begun, before = time.monotonic(), len(books.facts)
    while (spent := time.monotonic() - begun) < seconds:
        traffic.wait_for_more(1)
    return (len(books.facts) - before) / spent
