"""What `recount repair` does: the read models, the relay and all followers go on from the log as it is.

It is for a log that was restored to an earlier moment, and for a new place that a backup was restored into. No other process
may run. New positions are raised above every position that anything has seen, so none is given out twice. A new epoch begins,
and with it a new topic: that of before has events that the log does not have. Every read model is rebuilt from the log.

It can be killed at any line and run again. Until it has come to its end, the epoch of the log differs from the one that was
followed, and every process that compares them says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from consumers import same_log
from consumers.projecting.set_aside import ForEveryone
from consumers.rebuilding.building import Building
from consumers.rebuilding.rebuild import rebuild_all
from infra.backup.erasing_again import come_back, erase_again
from infra.backup.erasures import BadList, erasures_file, last_listed
from infra.event_store.identity import Identity
from infra.home import locked
from infra.kafka.epochs import Seen
from infra.processes.log_watch import LogWatch
from infra.read_models import ground, repair_lock, troubles
from infra.read_models.database import postgres_read_models
from infra.read_models.ground import Ground
from infra.read_models.positions import checkpoints, dead_letters, deliveries, followed, outdate, positions
from infra.read_models.tables import prepare, wait_for_others
from infra.wiring import PROJECTIONS, Deployment, deploy

if TYPE_CHECKING:
    from infra.settings import Settings

Report = Callable[[str], None]


def repair(settings: Settings, report: Report, *, restoring: bool = False) -> None:
    """Follow the log again as it is. `report` gets a line for each step. `restoring`: the store is not yet open to others, and
    the caller is alone with it.

    Raises HomeInUse or StillInUse if another process runs, KafkaUnavailable, and the errors of the stores.
    """
    with (
        nullcontext() if restoring else alone(settings),
        closing(deploy(settings, restoring=restoring, alone=True)) as deployment,
    ):
        prepare(deployment.read_models)
        seen = _seen(deployment)
        LogWatch(deployment.store, deployment.read_models).compare()
        upto = _followed_rightly_up_to(deployment)
        deployment.store.raise_positions(seen.position)
        identity = deployment.store.begin_epoch(seen.epoch)
        report(f"New events get positions above {seen.position}. This is epoch {identity.epoch} of the log.")
        _erase_again(deployment, report)
        deployment.store.recount_contacts()
        _rebuild_all(deployment, report)
        _end(deployment, identity, upto)
        if settings.kafka:
            report(f"The topic is now {deployment.topic}: the relay sends the whole log to it.")
        report(f"Everything follows the log again, up to position {deployment.store.head()}.")


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Inside the block, no other process works on the stores. Raises HomeInUse, StillInUse and the errors of the database."""
    if settings.database_url is None:
        with locked(settings.home):
            yield
        return
    with closing(postgres_read_models(settings.database_url)) as read_models, repair_lock.alone(read_models):
        yield


def _seen(deployment: Deployment) -> Seen:
    """What any part has seen. Read before anything is changed: without Kafka, nothing can be repaired."""
    with deployment.read_models.reader.connect() as connection:
        known, furthest = ground.load(connection), ground.furthest(connection)
    listed = last_listed(erasures_file(deployment.settings), deployment.identity)
    position = max(deployment.store.head(), *furthest.values(), known.last if known else 0, listed)
    epoch = known.identity.epoch if known else 0
    settings = deployment.settings
    if settings.kafka is None:
        return Seen(position, epoch)
    from infra.kafka.ends import seen_in_kafka
    from infra.kafka.security import brokers

    there = seen_in_kafka(brokers(settings), settings.topic)
    return Seen(max(position, there.position), max(epoch, there.epoch))


def _erase_again(deployment: Deployment, report: Report) -> None:
    """Whom the list of erasures has, and a log of before does not know as erased, is erased again."""
    file = erasures_file(deployment.settings)
    if not file.exists():
        return
    try:
        back = come_back(deployment.store, file)
    except BadList as error:
        report(f"No erasure was compared with the log: {error}.")
        return
    if back:
        erased = erase_again(deployment.store, back)
        report(f"{erased} subjects are erased again: the log was of before {len(back)} erasures of the list {file}.")


def _followed_rightly_up_to(deployment: Deployment) -> int:
    """Up to here, what followers have handled is in the log. If nothing tells, that is all of the log."""
    with deployment.read_models.reader.connect() as connection:
        known = ground.load(connection)
    head = deployment.store.head()
    if known is None or known.sound is None:
        return head
    return max(_anchors_in_the_log(deployment, known), default=head)


def _anchors_in_the_log(deployment: Deployment, known: Ground) -> dict[int, str]:
    return ground.in_the_log(known.anchors, deployment.store.at(known.anchors))


def _rebuild_all(deployment: Deployment, report: Report) -> None:
    store, read_models, partitions = deployment.store, deployment.read_models, deployment.partitions
    with read_models.writer.begin() as connection:
        wait_for_others(connection)
        names = [projection.name for projection in PROJECTIONS]
        outdate(connection, *names)
        # Until its rebuild, a read model is complete up to nothing: it has rows of what the log does not have.
        connection.execute(update(positions).where(positions.c.projection.in_(names)).values(position=0))
        for projection in PROJECTIONS:
            # A rebuild that began before may have folded what the log does not have.
            Building(projection, partitions, store.types_for_everyone).drop(connection)
    for number, (name, ended) in enumerate(rebuild_all(PROJECTIONS, store, read_models, partitions), 1):
        if isinstance(ended, ForEveryone):
            # It waits as outdated. The others need not wait for it.
            done = f"is not rebuilt, because {ended} and cannot be folded: run recount rebuild {name} later"
        elif isinstance(ended, Exception):
            raise ended
        else:
            done = f"is rebuilt up to position {ended.position}"
        report(f"{name} {done} ({number} of {len(PROJECTIONS)}).")


def _end(deployment: Deployment, identity: Identity, upto: int) -> None:
    """In one transaction: what followers have handled, the relay's place, and that this log is followed now."""
    head = deployment.store.head()
    last = deployment.store.at([head])
    with deployment.read_models.writer.begin() as connection:
        wait_for_others(connection)
        connection.execute(update(followed).where(followed.c.position > upto).values(position=upto))
        for column in (deliveries.c.position, deliveries.c.redelivered_to):
            connection.execute(update(deliveries).where(column > upto).values({column: upto}))
        connection.execute(delete(checkpoints))
        connection.execute(delete(positions).where(positions.c.position > head))
        connection.execute(delete(dead_letters).where(dead_letters.c.position > head))
        known = ground.load(connection)
        kept = _anchors_in_the_log(deployment, known) if known else {}
        ground.save(connection, ground.with_anchor(kept, last[0]) if last else kept)
        ground.found_again(connection, identity)
        troubles.end(connection, same_log.AHEAD)
