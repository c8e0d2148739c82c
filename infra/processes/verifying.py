"""The verification of the whole store: when an operator asks for it, and by itself after an unclean end."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import structlog

from commands.shared.commit import StoreUnavailable
from consumers.relay_chain import RelayChain
from infra.event_store.checks import Finding
from infra.event_store.sqlite_checks import broken_pages
from infra.event_store.verify import Progress, Watch, verify
from infra.processes.unclean import Unclean
from infra.read_models import checkpoints, troubles
from infra.read_models.database import ReadModels
from infra.read_models.troubles import Trouble
from infra.wiring import Deployment

SHOWN = 1000
"""Findings that are shown; the others are counted."""
FIRST = 10
RETRY_SECONDS = 5.0
NICENESS = 10

log = structlog.get_logger()


class Verified(msgspec.Struct, frozen=True):
    """The result of a verification of all events up to `position`. `findings` are the first thousand of `number`."""

    position: int
    number: int
    findings: list[Finding]
    seconds: float


def verified(deployment: Deployment, progress: Progress) -> Verified:
    """Verifies the stores. What it finds is a trouble that the health shows until a verification finds nothing.

    What `progress` raises ends it, without a result. Raises StoreUnavailable and the errors of the database.
    """
    since, position = time.monotonic(), deployment.store.head()
    kept: list[Finding] = []
    kinds: Counter[str] = Counter()
    for finding in _findings(deployment, progress):
        kinds[finding.kind] += 1
        if len(kept) < SHOWN:
            kept.append(finding)
            log.error("verification.finding", kind=finding.kind, position=finding.position, detail=finding.detail)
    _note(deployment.read_models, kinds, kept)
    return Verified(position, kinds.total(), kept, time.monotonic() - since)


def _findings(deployment: Deployment, progress: Progress) -> Iterator[Finding]:
    yield from verify(deployment.store, progress, _watches(deployment))
    if not deployment.settings.distributed:
        with deployment.read_models.reader.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            steps = 2 * deployment.store.head()
            yield from broken_pages(driver, "read-models.db", lambda: progress(steps, steps))


def _watches(deployment: Deployment) -> list[Watch]:
    if not deployment.settings.distributed:
        return []
    with deployment.read_models.reader.connect() as connection:
        checkpoint = checkpoints.load(connection, deployment.topic)
    return [RelayChain(checkpoint)] if checkpoint else []


def _note(read_models: ReadModels, kinds: Counter[str], findings: list[Finding]) -> None:
    with read_models.writer.begin() as connection:
        if not kinds:
            troubles.end(connection, "verification-failed")
            return
        by_kind = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
        first = sorted({one.position for one in findings if one.position})[:FIRST]
        detail = f"{by_kind}; the first positions: {first}. Run recount status --verify, and restore what it names."
        troubles.note(connection, Trouble("verification-failed", detail, datetime.now(UTC)))


class Verifying:
    """Verifies in the background after an unclean end, at half speed, while the process answers."""

    def __init__(self, deployment: Deployment, unclean: Unclean) -> None:
        self._deployment, self._unclean = deployment, unclean
        self._stopping = threading.Event()

    def run(self) -> None:
        """Runs once, if there is something to do. If the stores do not answer, it begins again."""
        _step_back()
        while not (self._unclean.verified or self._stopping.is_set()):
            try:
                log.warning("verification.begins", reason="the last process ended uncleanly")
                result = verified(self._deployment, self._pace())
            except _Stopped:
                return
            except StoreUnavailable as error:
                log.warning("verification.interrupted", error=str(error))
                self._stopping.wait(RETRY_SECONDS)
            else:
                self._unclean.verified = True
                log.warning("verification.ended", findings=result.number, position=result.position, seconds=result.seconds)

    def stop(self) -> None:
        """Ends at the next step. The next start begins again."""
        self._stopping.set()

    def _pace(self) -> Progress:
        before = time.monotonic()

        def progress(_: int, __: int) -> None:
            nonlocal before
            if self._stopping.wait(time.monotonic() - before):
                raise _Stopped
            before = time.monotonic()

        return progress


class _Stopped(Exception):
    """The process ends."""


def _step_back() -> None:
    """Lets the other threads have the processor first. Only Linux has priorities of threads."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
