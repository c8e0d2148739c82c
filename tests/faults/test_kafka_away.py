"""Kafka is not needed to take commands. Minutes without it are twelve seconds here, as all time-outs are shorter, too."""

from __future__ import annotations

import time

import pytest

from tests.faults.books import Books
from tests.faults.deployment import KAFKA, Deployment
from tests.faults.traffic import Traffic
from tests.faults.verdict import verdict

pytestmark = [pytest.mark.servers, pytest.mark.faults]

AWAY_SECONDS = 12
A_SECOND = 1.0


def test_commands_go_on_without_kafka_and_everything_catches_up_with_it(deployment: Deployment) -> None:
    books = Books()
    with Traffic(deployment.urls, deployment.key, books, "kafka away") as traffic:
        traffic.wait_for_more(50)
        deployment.wait_until_caught_up()
        deployment.kill(KAFKA)
        try:
            each_second = [_accepted_in_a_second(books) for _ in range(AWAY_SECONDS)]
        finally:
            deployment.restart(KAFKA)
        print(f"accepted each second without Kafka: {each_second}")
        assert min(each_second) > 0
        assert books.tried_again == 0, "every command was answered at once"
    print(verdict(deployment, books))


def _accepted_in_a_second(books: Books) -> int:
    before = len(books.facts)
    time.sleep(A_SECOND)
    return len(books.facts) - before
