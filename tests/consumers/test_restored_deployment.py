"""PostgreSQL of yesterday beside a newer Kafka: nobody claims what is not so, and after a repair everything is whole again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from consumers.projecting.projector import Projector
from consumers.rebuilding.rebuild import rebuild
from consumers.relay import Relay
from infra.kafka.connection import Brokers
from infra.processes import repairing
from infra.processes.parts import Parts, opened, running
from infra.processes.repairing import repair
from infra.processes.sources import kafka_source
from infra.processes.topic_check import compare_with_topic
from infra.servers.postgres import PostgresAt
from infra.settings import Settings
from projections.customers.customers import customer_view
from tests.commands.event_stores import accepted, one, registering
from tests.infra.recount import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.servers

KEPT = (customer_view,)


@contextmanager
def at_work(settings: Settings) -> Iterator[Parts]:
    """What the API works on, with a relay and a projector."""
    brokers = Brokers(str(settings.kafka))
    with opened(settings) as parts, kafka_source(KEPT, settings, brokers, parts.deployment) as source:
        deployment = parts.deployment
        stores = deployment.store, deployment.read_models
        relay = Relay(*stores, brokers, settings.topic, epoch=deployment.identity.epoch)
        projector = Projector(KEPT, source, *stores, deployment.partitions, completeness=parts.completeness)
        with running(relay, "relay"), running(projector):
            yield parts


def register(parts: Parts, count: int) -> list[int]:
    """The positions of new customers."""
    outcomes = [one(parts.executor, registering()) for _ in range(count)]
    assert all(map(accepted, outcomes))
    return [outcome.position for outcome in outcomes]


def complete_to(parts: Parts) -> int:
    return parts.completeness.up_to(customer_view.name)


def is_as_rebuilt(parts: Parts) -> bool:
    stores = parts.deployment.store, parts.deployment.read_models
    return bool(rebuild(customer_view, *stores, parts.deployment.partitions, check=True).same)


def test_a_deployment_restored_beside_a_newer_topic_holds_and_is_whole_again_after_a_repair(
    postgres_server: PostgresAt, prepared_database_url: str, bootstrap: str, topic_name: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(repairing, "PROJECTIONS", KEPT)
    given = {"home": tmp_path, "kafka": bootstrap, "topic": topic_name, "master_key": "5a" * 32}
    name, backup, restored = prepared_database_url.rpartition("/")[2], f"{topic_name}_backup", f"{topic_name}_restored"
    # Given a backup of PostgreSQL, and customers who were registered after it
    settings = Settings.model_validate({**given, "database_url": prepared_database_url})
    with at_work(settings) as parts:
        first = register(parts, 4)
        wait_until(lambda: complete_to(parts) == first[-1], "the first customers are seen")
    postgres_server.create_database(backup, name)
    with at_work(settings) as parts:
        lost = register(parts, 4)
        wait_until(lambda: complete_to(parts) == lost[-1], "the later customers are seen")
    # When it is restored while Kafka is away, other customers get the same positions: nothing here knows of them
    settings = Settings.model_validate({**given, "database_url": postgres_server.create_database(restored, backup)})
    with opened(settings.model_copy(update={"kafka": f"127.0.0.1:{free_port(tmp_path)}"})) as parts:
        compare_with_topic(parts.deployment)
        assert register(parts, 1) == lost[:1]
    # When Kafka answers, they get no more of them, also before a relay has looked
    with opened(settings) as parts:
        compare_with_topic(parts.deployment)
        assert min(register(parts, 2)) > lost[-1]
        assert sources_of(parts) == {"topic"}
    # Then relay and projector hold, health says so, nobody claims to be complete, and no position is given out again
    with at_work(settings) as parts:
        wait_until(lambda: sources_of(parts) == {"topic", "projector"}, "health shows it")
        assert not parts.operating().status().healthy
        assert min(register(parts, 2)) > lost[-1]
        assert complete_to(parts) == first[-1]
        assert is_as_rebuilt(parts)
    # When it is repaired
    repair(settings, lambda _: None)
    # Then all accepted customers are seen, and only these
    with at_work(settings) as parts:
        last = register(parts, 1)[-1]
        wait_until(lambda: complete_to(parts) == last, "all customers are seen")
        assert is_as_rebuilt(parts)
        assert sources_of(parts) == set()
        assert parts.operating().status().topic == f"{topic_name}.2"
    for database in (backup, restored):
        postgres_server.drop_database(database)


def sources_of(parts: Parts) -> set[str]:
    return {trouble.source for trouble in parts.operating().status().troubles}
