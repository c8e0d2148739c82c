"""Keeps the list of erasures complete: written when a commit erases, and until it succeeds if the list cannot be written."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from threading import Event, Lock
from typing import Literal

import structlog
from sqlalchemy.exc import DBAPIError

from infra.backup.erasures import ErasureList, erasures_file
from infra.home import made
from infra.read_models import troubles
from infra.read_models.troubles import Trouble
from infra.wiring import Deployment

AGAIN_SECONDS, EVERY_SECONDS = 10.0, 60.0
"""When to try again after a failure, and how often to append what other processes erased."""
CODE: Literal["erasures-unlisted"] = "erasures-unlisted"

log = structlog.get_logger()


class ListingErasures:
    """`write` is called by the committer, after a commit that erased somebody and before its caller has an answer."""

    def __init__(self, deployment: Deployment) -> None:
        made(deployment.settings.home)
        self._file, self._read_models = erasures_file(deployment.settings), deployment.read_models
        self._list = ErasureList(self._file, deployment.store)
        self._source = f"{socket.gethostname()} {self._file}"
        self._writing, self._wake, self._stopping = Lock(), Event(), Event()

    def write(self) -> None:
        """Append what is missing. If that fails, the thread tries again, and health shows it."""
        if not self._written():
            self._wake.set()

    def run(self) -> None:
        """Append what a crash kept out of the list, what failed, and what other processes erased."""
        while not self._stopping.is_set():
            written = self._written()
            self._show(written)
            self._wake.wait(EVERY_SECONDS if written else AGAIN_SECONDS)
            self._wake.clear()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def _written(self) -> bool:
        try:
            with self._writing:
                self._list.catch_up()
        except Exception as error:
            # Whatever it is, the erasure is recorded: its caller must not take it for failed.
            log.error("the list of erasures cannot be written", file=str(self._file), error=str(error))
            return False
        return True

    def _show(self, written: bool) -> None:
        detail = f"The list of erasures {self._file} cannot be written. A restore would bring back who was erased since."
        try:
            with self._read_models.writer.begin() as connection:
                if written:
                    troubles.end(connection, CODE, self._source)
                else:
                    troubles.note(connection, Trouble(CODE, detail, datetime.now(UTC), self._source))
        except DBAPIError as error:
            log.warning("health cannot show the state of the list of erasures", error=type(error).__name__)
