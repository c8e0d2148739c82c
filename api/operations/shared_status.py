"""The status of the system, read once for all who ask at the same time.

Probes are always admitted, and a database that hangs holds each reader: many readers would keep its connections from others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from api.operations.statuses import Status

PATIENCE = 5.0


class SharedStatus:
    """`look` reads the status, in a thread. There is one such thread at a time."""

    def __init__(self, look: Callable[[], Status]) -> None:
        self._look = look
        self._looking: asyncio.Task[Status] | None = None
        self._began = 0.0

    async def read(self) -> Status:
        """The status as of a moment after the call. Raises TimeoutError after five seconds, and the errors of the stores."""
        came = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            while True:
                began, looking = self._newest()
                status = await asyncio.shield(looking)
                if began >= came:
                    return status

    def _newest(self) -> tuple[float, asyncio.Task[Status]]:
        """The look in progress, or a new one, and when it began."""
        if self._looking is None or self._looking.done():
            self._began = time.monotonic()
            self._looking = asyncio.create_task(run_in_threadpool(self._look))
            # Those who wait may have left before it fails.
            self._looking.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return self._began, self._looking
