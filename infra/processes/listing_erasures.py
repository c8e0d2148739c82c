"""Keeps the list of erasures complete: written when a commit erases, and until it succeeds if the list cannot be written."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from functools import partial
from threading import Condition
from typing import Literal

import structlog
from sqlalchemy.exc import DBAPIError

from infra.backup.erasing_again import come_back
from infra.backup.erasures import ErasureList, erasures_file
from infra.home import made
from infra.read_models import troubles
from infra.read_models.troubles import Trouble
from infra.wiring import Deployment

PATIENCE, AGAIN_SECONDS, EVERY_SECONDS = 5.0, 10.0, 60.0
"""How long a commit waits for its line; when to try again after a failure; how often to append what others erased."""
HANGS = f"it does not answer within {PATIENCE:g} s"
CODE: Literal["erasures-unlisted"] = "erasures-unlisted"

log = structlog.get_logger()


class ListingErasures:
    """A thread writes the list. The committer calls `write` after a commit that erased, before the caller has an answer."""

    def __init__(self, deployment: Deployment) -> None:
        self._home, self._file = deployment.settings.home, erasures_file(deployment.settings)
        self._store, self._read_models = deployment.store, deployment.read_models
        self._list = ErasureList(self._file, deployment.store)
        self._source = f"{socket.gethostname()} {self._file}"
        self._turn = Condition()
        self._asked = self._answered = 0
        self._is_well, self._is_stopping = True, False
        self._why = HANGS

    def write(self) -> None:
        """Append what is missing, at most within PATIENCE seconds: a list on a machine that hangs must stop no command.

        While the list cannot be written, this waits no longer: the thread tries again, and health shows it.
        """
        with self._turn:
            self._asked += 1
            asked = self._asked
            self._turn.notify_all()
            if not self._is_well or self._is_stopping:
                return
            if not self._turn.wait_for(lambda: self._answered >= asked or self._is_stopping, PATIENCE):
                self._is_well = False
                # Still in this turn, so that the thread can only end the trouble afterwards.
                self._show(written=False)

    def run(self) -> None:
        """Append what a crash kept out of the list, what failed, and what other processes erased; at the end once more."""
        shown: bool | None = None
        last = False
        while not last:
            with self._turn:
                asked, last = self._asked, self._is_stopping
            written = self._written()
            if shown is None:
                self._compare()
            with self._turn:
                hung, self._is_well, self._answered = not self._is_well, written, asked
                self._turn.notify_all()
            if written is not shown or hung:
                self._show(written)
                shown = written
            with self._turn:
                self._turn.wait_for(partial(self._is_wanted, asked), EVERY_SECONDS if written else AGAIN_SECONDS)

    def stop(self) -> None:
        with self._turn:
            self._is_stopping = True
            self._turn.notify_all()

    def _is_wanted(self, answered: int) -> bool:
        return self._is_stopping or (self._is_well and self._asked > answered)

    def _compare(self) -> None:
        """Look whether people are back who were erased: then the log is one of before their erasures."""
        try:
            if not (self._file.exists() and (back := come_back(self._store, self._file))):
                return
            detail = (
                f"The log was restored to an earlier moment: it does not have {len(back)} erasures of the list {self._file},"
                " so these people are back. Stop all processes and run `recount repair`: it erases them again."
            )
            log.error("erasures.lost", file=str(self._file), erasures=len(back), first=back[0].position)
            with self._read_models.writer.begin() as connection:
                troubles.note(connection, Trouble("positions-ahead", detail, datetime.now(UTC), self._source))
        except Exception as error:
            # Whatever it is, the thread goes on.
            log.error("the list of erasures cannot be compared with the log", file=str(self._file), error=str(error))

    def _written(self) -> bool:
        try:
            made(self._home)
            self._list.catch_up()
        except Exception as error:
            # Whatever it is, the thread goes on.
            log.error("the list of erasures cannot be written", file=str(self._file), error=str(error))
            self._why = str(error)
            return False
        self._why = HANGS
        return True

    def _show(self, written: bool) -> None:
        cannot = f"The list of erasures {self._file} cannot be written: {self._why}."
        detail = f"{cannot} A restore would bring back who was erased since."
        try:
            with self._read_models.writer.begin() as connection:
                if written:
                    troubles.end(connection, CODE, self._source)
                else:
                    troubles.note(connection, Trouble(CODE, detail, datetime.now(UTC), self._source))
        except DBAPIError as error:
            log.warning("health cannot show the state of the list of erasures", error=type(error).__name__)
