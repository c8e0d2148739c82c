"""The parts of a process in each deployment, opened in order and closed in reverse order.

A part that only some processes have is imported where it is made.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

import msgspec

from commands.shared.executor import Executor
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from infra.processes.announcing import Announcing
from infra.processes.log_watch import LogWatch, watched
from infra.processes.unclean import Unclean
from infra.read_models import followed
from infra.read_models.completeness import Completeness
from infra.read_models.positions import all_registered
from infra.read_models.tables import create_tables, prepare
from infra.settings import Settings
from infra.wiring import PROJECTIONS, Deployment, deploy

if TYPE_CHECKING:
    from api.app import Api
    from infra.processes.operating import Operating


class Runs(Protocol):
    def run(self) -> None: ...

    def stop(self) -> None: ...


class Parts(msgspec.Struct, eq=False):
    """Everything that the API needs. `projector` is None if projectors are separate processes.

    `watch` compares what was followed with the log.
    """

    deployment: Deployment
    executor: Executor
    completeness: Completeness
    projector: Projector | None = None
    watch: LogWatch | None = None
    unclean: Unclean | None = None

    @contextmanager
    def application(self, local_key: str | None = None) -> Iterator[Api]:
        """The API on these parts, and the thread that stores when keys are used.

        At the end, running imports and rebuilds stop at their next step.
        """
        from api.app import create

        application = create(self.deployment, self.executor, self.completeness, local_key, self.operating())
        try:
            with running(application.state.key_uses, "key-uses"):
                yield application
        finally:
            application.state.jobs.close()

    def operating(self) -> Operating:
        from infra.processes.operating import Operating

        return Operating(self.deployment, self.completeness, self.projector, self.unclean)

    def verifying(self) -> AbstractContextManager[object]:
        """The verification of the embedded stores, in its own thread, if the last process did not end cleanly."""
        if self.unclean is None or self.unclean.verified:
            return nullcontext()
        from infra.processes.verifying import Verifying

        return running(Verifying(self.deployment, self.unclean), "verifying")


@contextmanager
def opened(settings: Settings) -> Iterator[Parts]:
    """The parts for these settings. At the end: finish accepted commands, then stop the projector, then close."""
    with ExitStack() as stack:
        deployment = deploy(settings)
        stack.callback(deployment.close)
        _make_tables(deployment)
        watch = stack.enter_context(watched(deployment.store, deployment.read_models))
        if settings.distributed:
            completeness = Completeness(deployment.read_models, deployment.partitions, deployment.topic)
            executor = deployment.executor()
            stack.callback(executor.close)
            watch.when_ahead(executor.forget)
            yield Parts(deployment, executor, completeness, watch=watch)
        else:
            yield _embedded(deployment, watch, stack)


def _embedded(deployment: Deployment, watch: LogWatch, stack: ExitStack) -> Parts:
    store, read_models = deployment.store, deployment.read_models
    unclean = Unclean(deployment.settings.home)
    stack.callback(unclean.close)
    completeness = Completeness(read_models, deployment.partitions)
    tail = Tail(store)
    projector = Projector(PROJECTIONS, tail, store, read_models, deployment.partitions, completeness=completeness)
    stack.enter_context(running(projector))
    stack.enter_context(listing_erasures(deployment))
    executor = deployment.executor(Announcing(store, tail.wake))
    stack.callback(executor.close)
    watch.when_ahead(executor.forget)
    return Parts(deployment, executor, completeness, projector, watch, unclean)


@contextmanager
def listing_erasures(deployment: Deployment) -> Iterator[None]:
    """The list of erasures, which a thread of its own writes, and compares with the log."""
    from infra.processes.listing_erasures import ListingErasures

    listing = ListingErasures(deployment)
    deployment.store.when_erased = listing.write
    with running(listing, "erasures"):
        # Before the first command, so that no position is given out that the list has.
        listing.write()
        yield


@contextmanager
def running(what: Runs, name: str = "projector") -> Iterator[None]:
    """Run it in its own thread, and stop it at the end."""
    thread = threading.Thread(target=what.run, name=name)
    try:
        # Here too an interruption may come, after the thread has begun.
        thread.start()
        yield
    finally:
        what.stop()
        if thread.is_alive():
            thread.join()


def _make_tables(deployment: Deployment) -> None:
    """Make the tables of read models that never started: these are empty, not missing. No other table changes.

    Followers begin here too, before the first command: otherwise those that start later would skip what was recorded before.
    """
    prepare(deployment.read_models)
    head = deployment.store.head()
    with deployment.read_models.writer.begin() as connection:
        known = all_registered(connection)
        new = [projection for projection in PROJECTIONS if projection.name not in known]
        create_tables(connection, [table for projection in new for table in projection.tables])
        for name in followed.NAMES:
            followed.start(connection, name, head)
