"""The log of benchmarks is one that real commands could have made, and its length does not matter to the start of a server."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select, update

from consumers.projecting.beginning import begin_new
from consumers.projecting.tail import Tail
from consumers.rebuilding.rebuild import rebuild_all
from domain.customers.customer.customer import Customer
from domain.sales.order.order import Order
from domain.service.ticket.ticket import Ticket
from domain.shared.aggregate import replayed
from infra.processes.parts import opened
from infra.read_models.positions import dead_letters, followed, positions
from infra.settings import Settings
from infra.wiring import PROJECTIONS, deploy
from tests.benchmarks.grown import grow
from tests.benchmarks.recount import MASTER_KEY
from tests.effort import with_little_cpu

LONG = 15_000


def test_a_grown_log_is_one_that_commands_could_have_made(tmp_path: Path) -> None:
    deployment = deploy(Settings(home=tmp_path, master_key=MASTER_KEY))
    store = deployment.store
    assert grow(store, 300) == store.head() >= 300
    first = {kind: next(one for one in kind.events).__struct_config__.tag for kind in (Customer, Order, Ticket)}
    for kind in (Customer, Order, Ticket):
        begun = store.decode(store.log(0, 5, types=[str(first[kind])]))
        assert begun
        for recorded in begun:
            aggregate = replayed(kind, recorded.stream, store.streams([recorded.stream])[recorded.stream])
            assert aggregate.exists
            assert aggregate.version == store.version(recorded.stream)
    for name, ended in rebuild_all(PROJECTIONS, store, deployment.read_models, 1):
        assert not isinstance(ended, Exception), name
    with deployment.read_models.reader.connect() as connection:
        assert connection.execute(select(func.count()).select_from(dead_letters)).scalar() == 0
    deployment.close()


def test_a_start_costs_the_same_however_long_the_log_is(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, master_key=MASTER_KEY)
    deployment = deploy(settings)
    grow(deployment.store, LONG)
    begin_new(PROJECTIONS, deployment.read_models, 1, Tail.topic_id)
    head = deployment.store.head()
    with deployment.read_models.writer.begin() as connection:
        connection.execute(update(positions).values(position=head, next_offset=head + 1))
        connection.execute(update(followed).values(position=head))
    deployment.close()

    def start_and_end() -> None:
        with opened(settings) as parts, parts.application():
            assert parts.deployment.store.head() == head

    # To read so many events takes a second.
    with_little_cpu(0.4, start_and_end)
