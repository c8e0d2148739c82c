"""A worker in a process of its own: `python -m tests.commands.shared.rival WHERE TAG ID…` tags each customer.

It prints `ready`, starts when its input ends, and prints the tags that were accepted. With `--freeze POINT` it stops itself
(SIGSTOP) once, in the middle of its first commit.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any
from uuid import UUID

import structlog

from commands.shared.commit import Committed
from infra.event_store.postgres import PostgresRecorder
from infra.event_store.rows import CommitRows
from tests.commands.event_stores import accepted, done, opened, running, tagging


class Freezing(PostgresRecorder):
    """Stops its process at `point`: when it has the writers' lock, or has sent what it writes but not the COMMIT yet."""

    def __init__(self, url: str, point: str) -> None:
        super().__init__(url, lock_timeout=1.0, idle_timeout=1.0)
        self._point = point

    def _write(self, connection: Any, rows: CommitRows, committed: Committed) -> None:
        self._freeze_at("locked")
        super()._write(connection, rows, committed)
        self._freeze_at("written")

    def _freeze_at(self, point: str) -> None:
        if self._point == point:
            self._point = ""
            os.kill(os.getpid(), signal.SIGSTOP)


def main(where: str, tag: str, *ids: str, freeze: str = "") -> None:
    store = opened(where, Freezing(where, freeze) if freeze else None)
    with running(store) as executor:
        print("ready", flush=True)
        sys.stdin.read()
        outcomes = done(*(executor.submit(tagging(UUID(id), f"{tag}-{number}")) for number, id in enumerate(ids)))
    store.close()
    print(json.dumps([f"{tag}-{number}" for number, outcome in enumerate(outcomes) if accepted(outcome)]))


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if sys.argv[1] == "--freeze":
        main(*sys.argv[3:], freeze=sys.argv[2])
    else:
        main(*sys.argv[1:])
