"""Yesterday's backup, restored into an empty database beside a Kafka that has the events of today."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from consumers.relay import Relay
from domain.shared.ids import new_id
from infra.backup.erasures import erasures_file
from infra.backup.reading import Pair
from infra.backup.restoring import Wanted
from infra.command_line.project import _projector
from infra.command_line.restore import _restored
from infra.kafka.connection import Brokers
from infra.processes import repairing
from infra.processes.parts import Parts, listing_erasures, opened, running
from infra.read_models import checkpoints, troubles
from infra.settings import Settings
from projections.customers.customers import customer_view, customers
from projections.sales.orders import orders
from tests.commands.event_stores import accepted, done, erasing, placing, registering, tagging, together
from tests.consumers.reading import read_all
from tests.infra.backup.given_backups import Place, nothing
from tests.waiting import wait_until

pytestmark = pytest.mark.servers
READ_MODELS = (customer_view, orders)


def a_relay(parts: Parts, settings: Settings) -> Relay:
    deployment = parts.deployment
    stores = deployment.store, deployment.read_models
    return Relay(*stores, Brokers(str(settings.kafka)), settings.topic, epoch=deployment.identity.epoch)


def sent_up_to(parts: Parts, settings: Settings, position: int) -> None:
    def routed() -> bool:
        with parts.deployment.read_models.reader.connect() as connection:
            checkpoint = checkpoints.load(connection, parts.deployment.topic)
        return checkpoint is not None and checkpoint.routed >= position

    with running(a_relay(parts, settings), "relay"):
        wait_until(routed, "the log is sent")


@pytest.fixture
def yesterday(tmp_path: Path, prepared_database_url: str, bootstrap: str, topic_name: str) -> Settings:
    given = {"database_url": prepared_database_url, "kafka": bootstrap, "topic": topic_name, "master_key": "5a" * 32}
    return Settings.model_validate({"home": tmp_path / "yesterday", **given})


@pytest.fixture
def today(make_place: Callable[[str], Place], yesterday: Settings, tmp_path: Path) -> Place:
    """An empty database, and the Kafka of yesterday."""
    empty = make_place("postgresql")
    given = {"database_url": empty.settings.database_url, "home": tmp_path / "today"}
    return empty._replace(settings=Settings.model_validate({**yesterday.model_dump(exclude_unset=True), **given}))


def test_yesterdays_backup_beside_a_newer_kafka(
    yesterday: Settings, today: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "PROJECTIONS", READ_MODELS)
    kept, gone, lost = new_id(), new_id(), new_id()
    with opened(yesterday) as parts, listing_erasures(parts.deployment):
        assert all(map(accepted, done(*together(parts.executor, registering(kept, "Ada"), registering(gone, "Grace")))))
        made = Place(yesterday, today.identity).backed_up(tmp_path / "backups")
        later = [registering(lost, "Alan"), placing(new_id(), lost), tagging(kept, "vip"), erasing(gone)]
        assert all(map(accepted, done(*together(parts.executor, *later))))
        sent_up_to(parts, yesterday, 6)
        sent = {message.stored.position for message in read_all(str(yesterday.kafka), yesterday.topic)}
    assert (made.events.head, max(sent)) == (2, 6)

    wanted = Wanted(Pair(made.events_file, made.keys_file), [today.identity], erasures_file(yesterday), above=3)
    restored = _restored(today.settings, wanted, verify=True, update=nothing)
    assert (restored["erasures"], restored["above"], restored["findings"]) == (1, 6, [])

    with opened(today.settings) as parts, ExitStack() as stack:
        deployment = parts.deployment
        assert deployment.topic == f"{yesterday.topic}.2"
        late, order = new_id(), new_id()
        outcomes = done(*together(parts.executor, registering(late, "Bob"), placing(order, kept), tagging(kept, "new")))
        assert all(accepted(one) and one.position > max(sent) for one in outcomes)
        brokers = Brokers(str(yesterday.kafka))
        projector = _projector(READ_MODELS, today.settings, brokers, stack)
        head = deployment.store.head()
        with running(a_relay(parts, today.settings), "relay"), running(projector, "projector"):
            wait_until(
                lambda: all(parts.completeness.up_to(one.name) >= head for one in READ_MODELS), "the restored log is folded"
            )
        with deployment.read_models.reader.connect() as connection:
            names = dict(connection.execute(select(customers.c.customer_id, customers.c.name)).all())
            assert names == {kept: "Ada", gone: None, late: "Bob"}
            assert connection.scalar(select(func.count()).select_from(orders.tables[0])) == 1
            assert not troubles.standing(connection)
        positions = {message.stored.position for message in read_all(str(yesterday.kafka), deployment.topic)}
        assert positions == {1, 2, *range(7, head + 1)}
