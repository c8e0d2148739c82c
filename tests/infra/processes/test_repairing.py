"""After `recount repair`, everything follows the log as it is, and no position is given out twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from commands.operations import calendar
from consumers.rebuilding.rebuild import rebuild
from consumers.relay import Relay
from domain.shared.ids import new_id
from infra.event_store.identity import Identity
from infra.home import HomeInUse
from infra.kafka.connection import Brokers
from infra.processes import repairing
from infra.processes.log_watch import LogWatch
from infra.processes.parts import Parts, opened, running
from infra.processes.repairing import repair
from infra.read_models import checkpoints, repair_lock
from infra.read_models.completeness import Completeness
from infra.read_models.positions import deliveries, followed
from infra.read_models.repair_lock import BeingRepaired, StillInUse
from infra.read_models.troubles import standing
from infra.settings import Settings
from infra.wiring import deploy
from projections.customers.customers import customer_view
from projections.sales.orders import orders
from projections.segmentation.segment_labels import segment_labels
from tests.commands.event_stores import command, one, registering
from tests.consumers.reading import read_all
from tests.infra.event_store.test_positions import execute, go_back
from tests.infra.processes.test_log_watch import KEY, followed_up_to, register, restored, troubles, where
from tests.infra.recount import environment, recount
from tests.waiting import wait_until


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    return Settings.model_validate({"home": tmp_path / "home", "master_key": KEY})


@pytest.fixture
def distributed(tmp_path: Path, prepared_database_url: str, bootstrap: str, topic_name: str) -> Settings:
    given = {"database_url": prepared_database_url, "kafka": bootstrap, "topic": topic_name}
    return Settings.model_validate({"home": tmp_path, "master_key": KEY, **given})


def silent(_: str) -> None: ...


def is_as_rebuilt(parts: Parts) -> bool:
    stores = parts.deployment.store, parts.deployment.read_models
    return all(rebuild(one, *stores, parts.deployment.partitions, check=True).same for one in (customer_view, orders))


def test_after_a_repair_read_models_have_what_the_log_has_and_claim_it(embedded: Settings) -> None:
    with restored(embedded, 5, 4) as parts:
        first = register(parts, 3)
        before = parts.deployment.store.identity()
    said: list[str] = []
    repair(embedded, said.append)
    with opened(embedded) as parts:
        assert troubles(parts) == []
        assert parts.deployment.identity == Identity(before.store, 2)
        assert parts.completeness.up_to("customer_view") == first[-1] == parts.deployment.store.head()
        assert register(parts, 1)[0] > first[-1]
        followed_up_to(parts, first[-1] + 1)
        assert is_as_rebuilt(parts)
    assert said[0] == "New events get positions above 12. This is epoch 2 of the log."
    assert said[-1] == "Everything follows the log again, up to position 12."


def test_followers_go_back_to_what_is_certainly_in_the_log_and_no_further(
    embedded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "PROJECTIONS", (customer_view,))
    with restored(embedded, 5, 4) as parts:
        hook, behind = new_id(), new_id()
        rows = [
            {"webhook_id": hook, "position": 9, "version": 1, "failures": 0, "redelivered": 2, "redelivered_to": 8},
            {"webhook_id": behind, "position": 3, "version": 1, "failures": 0, "redelivered": 0, "redelivered_to": 0},
        ]
        with parts.deployment.read_models.writer.begin() as connection:
            connection.execute(insert(deliveries), rows)
            connection.execute(update(followed).where(followed.c.name == "policies").values(position=9))
            connection.execute(update(followed).where(followed.c.name == "assignment").values(position=2))
        register(parts, 3)
    repair(embedded, silent)
    with closing(deploy(embedded)) as deployment, deployment.read_models.reader.connect() as connection:
        at = {row.name: row.position for row in connection.execute(select(followed))}
        assert (at["policies"], at["assignment"]) == (5, 2)
        sent = {row.webhook_id: (row.position, row.redelivered_to) for row in connection.execute(select(deliveries))}
        assert sent == {hook: (5, 5), behind: (3, 0)}


def test_a_repair_of_what_is_well_changes_no_follower_and_loses_nothing(
    embedded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(embedded) as parts:
        positions = register(parts, 4)
        with parts.deployment.read_models.writer.begin() as connection:
            connection.execute(update(followed).values(position=4))
    monkeypatch.setattr(repairing, "PROJECTIONS", (customer_view,))
    for _ in range(2):
        repair(embedded, silent)
    with opened(embedded) as parts:
        assert troubles(parts) == []
        assert parts.deployment.identity.epoch == 3
        assert parts.completeness.up_to("customer_view") == positions[-1]
        with parts.deployment.read_models.reader.connect() as connection:
            assert set(connection.scalars(select(followed.c.position))) == {4}


def test_a_read_model_that_cannot_be_rebuilt_waits_and_holds_no_other_up(
    embedded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with restored(embedded, 2, 2) as parts:
        day = command(calendar.end_day, day=date(2026, 3, 1), zone="UTC")
        assert one(parts.executor, day).position == 5

    def fail(*_: object) -> None:
        raise ValueError

    broken = segment_labels._replace(apply=fail)
    monkeypatch.setattr(repairing, "PROJECTIONS", (broken, customer_view))
    said: list[str] = []
    repair(embedded, said.append)
    assert "segment_labels is not rebuilt, because position 5 concerns everyone" in said[1]
    with opened(embedded) as parts:
        status = parts.operating().status()
        assert status.troubles == []
        assert {one.name: one.state for one in status.projections}["segment_labels"] == "outdated"
        assert (parts.completeness.up_to("customer_view"), parts.completeness.up_to("segment_labels")) == (5, 0)


class Killed(BaseException):
    """Stands for the end of the process."""


@contextmanager
def killed_at(commit: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process ends right before this commit to the read models, and the transaction is lost."""
    counted = iter(range(commit))
    deployed: Callable[..., Any] = deploy

    def deploy_doomed(settings: Settings, **given: bool) -> Any:
        deployment = deployed(settings, **given)

        @event.listens_for(deployment.read_models.writer, "commit")
        def count(_: Any) -> None:
            if next(counted, None) is None:
                raise Killed

        return deployment

    with monkeypatch.context() as patched:
        patched.setattr(repairing, "deploy", deploy_doomed)
        yield


def test_a_repair_that_is_killed_anywhere_is_noticed_and_run_again(
    embedded: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "PROJECTIONS", (customer_view,))
    with restored(embedded, 3, 2) as parts:
        register(parts, 2)
    as_found = tmp_path / "as found"
    shutil.copytree(embedded.home, as_found)
    commit, ended = 0, False
    while not ended:
        commit += 1
        shutil.rmtree(embedded.home)
        shutil.copytree(as_found, embedded.home)
        with killed_at(commit, monkeypatch), suppress(Killed):
            repair(embedded, silent)
            ended = True
        codes, complete = found(embedded)
        if ended:
            assert (codes, complete) == ([], 7)
        else:
            assert codes == ["positions-ahead"]
            assert complete <= 3
            repair(embedded, silent)
            assert found(embedded) == ([], 7)
    assert commit > 6
    with opened(embedded) as parts:
        assert is_as_rebuilt(parts)


def found(settings: Settings) -> tuple[Sequence[str], int]:
    """The troubles that the next process finds, and the position up to which it calls customers complete."""
    with closing(deploy(settings)) as deployment:
        LogWatch(deployment.store, deployment.read_models).compare()
        with deployment.read_models.reader.connect() as connection:
            codes: list[str] = [trouble.code for trouble in standing(connection)]
        return codes, Completeness(deployment.read_models).up_to("customer_view")


def test_the_command_repairs_the_embedded_deployment_and_status_is_well_again(embedded: Settings) -> None:
    with restored(embedded, 2, 2) as parts:
        register(parts, 1)
        with pytest.raises(HomeInUse):
            repair(embedded, silent)
    done = recount(environment(embedded.home, MASTER_KEY=KEY), "repair")
    assert (done.status, done.errors) == (0, "")
    assert "up to position 5" in done.output
    assert recount(environment(embedded.home, MASTER_KEY=KEY), "status").status == 0


def test_a_folder_without_a_store_gets_none_by_a_repair(tmp_path: Path) -> None:
    done = recount(environment(tmp_path, MASTER_KEY=KEY), "repair")
    assert (done.status, done.output) == (1, "")
    assert "recount up --repair" in done.errors.replace("\n", " ")
    assert not list(tmp_path.glob("*.db"))


@pytest.mark.servers
def test_a_process_that_lost_its_connection_keeps_repairs_out_again_or_ends_if_there_was_one(
    distributed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_lock, "PATIENCE", 0.0)
    monkeypatch.setattr(repairing, "PROJECTIONS", (customer_view,))
    others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
    with opened(distributed) as parts:
        assert parts.watch
        execute(where(distributed), f"{others} AND pid <> pg_backend_pid()")
        for _ in range(4):
            parts.watch.look()
        with pytest.raises(StillInUse):
            repair(distributed, silent)
        execute(where(distributed), f"{others} AND pid <> pg_backend_pid()")
        repair(distributed, silent)
        wait_until(lambda: is_of_before_a_repair(parts), "the process notices the repair")


@pytest.mark.servers
def test_a_repair_begins_a_new_topic_above_all_that_kafka_has_and_waits_until_it_is_alone(
    distributed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_lock, "PATIENCE", 0.0)
    monkeypatch.setattr(repairing, "PROJECTIONS", (customer_view, orders))
    with opened(distributed) as parts:
        register(parts, 4)
        sent_up_to(parts, distributed, 4)
    go_back(where(distributed), 2)
    with opened(distributed) as parts:
        # The read models and the topic each say so.
        assert {*troubles(parts)} == {"positions-ahead"}
        with pytest.raises(StillInUse):
            repair(distributed, silent)
    repair(distributed, silent)
    with opened(distributed) as parts:
        assert troubles(parts) == []
        assert parts.deployment.topic == f"{distributed.topic}.2"
        assert register(parts, 2) == [5, 6]
        sent_up_to(parts, distributed, 6)
    messages = read_all(str(distributed.kafka), f"{distributed.topic}.2")
    assert {message.stored.position for message in messages} == {1, 2, 5, 6}


def is_of_before_a_repair(parts: Parts) -> bool:
    assert parts.watch
    try:
        parts.watch.look()
    except BeingRepaired:
        return True
    return False


def sent_up_to(parts: Parts, settings: Settings, position: int) -> None:
    deployment = parts.deployment
    relay = Relay(deployment.store, deployment.read_models, Brokers(str(settings.kafka)), deployment.topic)

    def routed() -> bool:
        with deployment.read_models.reader.connect() as connection:
            checkpoint = checkpoints.load(connection, deployment.topic)
        return checkpoint is not None and checkpoint.routed >= position

    with running(relay, "relay"):
        wait_until(routed, "the log is sent")


def test_a_store_that_was_never_compared_can_be_repaired(embedded: Settings) -> None:
    with closing(deploy(embedded)) as deployment, closing(deployment.executor()) as executor:
        one(executor, registering())
    repair(embedded, silent)
    with opened(embedded) as parts:
        assert troubles(parts) == []
        assert parts.completeness.up_to("customer_view") == 1
