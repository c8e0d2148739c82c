"""What follows the log and the clock besides read models: policies, deadlines, the end of days, and webhooks.

In the embedded deployment they run in the server's process. In the distributed one they run in `recount follow`, in one process
at a time: the one that holds the lease. The lease saves work and is not what keeps effects from being doubled: receipts do, and
the holder of each webhook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Event
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from infra.processes.parts import Parts, Runs, running
from infra.read_models.database import ReadModels
from infra.read_models.followed import ASSIGNMENT, LATE_FACTS, POLICIES
from infra.read_models.lease import FOLLOWERS, Lease, always, is_held

if TYPE_CHECKING:
    from consumers.policies.policy import Policy

# The pause after an error that is not expected, and after the lease was lost.
RETRY_SECONDS, STAND_BY_SECONDS = 5.0, 1.0
# Seconds between two looks whether somebody follows, and how many find nobody before it is logged.
LOOK_EVERY, LOOKS = 60.0, 2

log = structlog.get_logger()


class Follower:
    """One of them, with the name of its thread. An error that it does not expect is logged, and it begins again after `pause`.

    Otherwise its thread would end, and the process would go on as if nothing were missing.
    """

    def __init__(self, name: str, what: Runs, pause: float = RETRY_SECONDS) -> None:
        self.name, self._what, self._pause = name, what, pause
        self._stopping = Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._what.run()
            except Exception as error:
                log.error("follower.failed", follower=self.name, exc_info=error)
                self._stopping.wait(self._pause)

    def stop(self) -> None:
        self._stopping.set()
        self._what.stop()


@contextmanager
def following(parts: Parts, holds: Callable[[], bool] = always) -> Iterator[None]:
    """Inside the block all of them run. While `holds` is false, webhooks are sent nothing: another process may run them too.

    As soon as something is ahead of the log they stop, until the process that runs after a repair.
    """
    followers = _followers(parts, holds)
    with ExitStack() as stack:
        if parts.watch:
            parts.watch.when_ahead(lambda: _stop(followers))
        for one in followers:
            stack.enter_context(running(one, one.name))
        try:
            yield
        finally:
            _stop(followers)


def _stop(followers: Sequence[Follower]) -> None:
    for one in followers:
        one.stop()


def _followers(parts: Parts, holds: Callable[[], bool]) -> Sequence[Follower]:
    from consumers.policies import DEADLINES
    from consumers.policies.clock import Clock
    from consumers.policies.days import Days
    from consumers.webhooks import Courier
    from infra.event_store.pruning import Pruning

    store, read_models, settings = parts.deployment.store, parts.deployment.read_models, parts.deployment.settings
    now, trusted = parts.deployment.clock.now, parts.deployment.clock.trusted
    return (
        Follower("days", Days(parts.executor, store, settings.zone, now, trusted)),
        *_followers_of_the_log(parts),
        Follower("deadlines", Clock(DEADLINES, parts.executor, read_models, now, trusted)),
        Follower("webhooks", Courier(store, read_models, settings.webhook_reach, now, trusted, holds)),
        Follower("pruning", Pruning(store, now, trusted)),
    )


def _followers_of_the_log(parts: Parts) -> Iterator[Follower]:
    """The policies. Those that wait for read models follow the log separately, so that the others need not wait."""
    from consumers.policies import policies
    from consumers.policies.assignment import Assigning
    from consumers.policies.late_customers import LateCustomers
    from consumers.policies.late_targeting import LateTargeting
    from consumers.policies.merged_customers import MergedCustomers
    from consumers.policies.runner import Policies

    store, read_models = parts.deployment.store, parts.deployment.read_models
    stores = store, read_models, parts.completeness
    followed: dict[str, Sequence[Policy]] = {
        POLICIES: policies(store),
        ASSIGNMENT: [Assigning(*stores).policy()],
        LATE_FACTS: [part(*stores).policy() for part in (LateTargeting, LateCustomers, MergedCustomers)],
    }
    for name, its in followed.items():
        yield Follower(name, Policies(its, parts.executor, store, read_models, name))


class Following:
    """Runs the followers while this process holds the lease; until then, and after it was lost, it stands by."""

    def __init__(
        self, lease: Lease, followers: Callable[[], AbstractContextManager[None]], pause: float = STAND_BY_SECONDS
    ) -> None:
        self._lease, self._followers, self._pause = lease, followers, pause
        self._stopping = Event()

    def run(self) -> None:
        """Runs until it is stopped."""
        while not self._stopping.is_set():
            try:
                self._take_a_turn()
            except SQLAlchemyError as error:
                log.warning("follow.doubt", error=type(error).__name__, reason=str(error))
                self._stopping.wait(self._pause)

    def stop(self) -> None:
        """May be called from any thread or from a signal handler."""
        self._stopping.set()

    def _take_a_turn(self) -> None:
        with self._lease.held(self._stopping) as held:
            if held:
                try:
                    with self._followers():
                        log.info("follow.began")
                        self._lease.keep(self._stopping)
                finally:
                    log.info("follow.ended")


class Unfollowed:
    """Logs that no process follows. An API worker runs this: a deployment of before `recount follow` may start none."""

    def __init__(self, read_models: ReadModels, every: float = LOOK_EVERY) -> None:
        self._read_models, self._every = read_models, every
        self._stopping, self._in_a_row = Event(), 0

    def run(self) -> None:
        """Looks until it is stopped. Failures are retried."""
        while not self._stopping.wait(self._every):
            try:
                self.look()
            except SQLAlchemyError as error:
                log.warning("follow.not_known", error=type(error).__name__)

    def stop(self) -> None:
        self._stopping.set()

    def look(self) -> None:
        """Logs it once, until somebody follows again. Raises the errors of the database."""
        with self._read_models.reader.connect() as connection:
            self._in_a_row = 0 if is_held(connection, FOLLOWERS) else self._in_a_row + 1
        if self._in_a_row == LOOKS:
            log.error("nobody.follows", waits="policies, deadlines, the end of days, webhooks", start="recount follow")
