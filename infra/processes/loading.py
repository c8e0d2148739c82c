"""`--load`: imports a file as soon as the server answers, unless it was imported before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from api.operations.imports import EXPECTED, identity, recorded_import
from api.operations.jobs import Job, Jobs
from api.operations.statuses import Status
from commands.importing.mapping import Mapping, MappingError, parse_mapping
from commands.importing.reading import FileUnreadable
from commands.importing.run import run_import
from commands.shared.executor import Executor
from domain.shared.events import Actor
from infra.command_line.catching_up import until_readable
from infra.command_line.following import followed
from infra.command_line.imports import show
from infra.command_line.terminal import Failed, WrongUsage, err
from infra.event_store.store import EventStore

ACTOR = Actor(type="system", id="command-line")


class Load:
    """A parsed mapping, and a file. The constructor raises WrongUsage if one of them cannot be used."""

    def __init__(self, mapping: Path, file: Path, store: EventStore) -> None:
        try:
            self._mapping: Mapping = parse_mapping(mapping.read_bytes())
            self._id = identity(self._mapping, file, store.secret)
        except (MappingError, FileUnreadable, OSError) as error:
            raise WrongUsage(f"--load {mapping} {file}: {error}") from None
        self._file, self._store = file, store

    def is_done(self) -> bool:
        recorded = recorded_import(self._store, self._id)
        return recorded is not None and recorded[0].completed is not None

    def begin(self, executor: Executor, jobs: Jobs) -> Job:
        return jobs.start(
            self._id,
            lambda progress: run_import(executor, self._store.secret, self._mapping, self._file, ACTOR, progress),
            EXPECTED,
            kind="import",
        )

    def follow(self, job: Job, status: Callable[[], Status]) -> None:
        """Show the progress of the job, then its report, then that of the read models."""
        try:
            ended = followed(self._file.name, lambda: {"state": job.state, "done": job.done, "total": job.total,
                                                       "error": job.error})  # fmt: skip
        except Failed as failed:
            err.print(f"[red]{self._file.name} was not imported:[/] {failed}")
        else:
            assert ended["state"] == "completed"
            report = msgspec.to_builtins(job.result)
            show(self._file.name, report)
            try:
                until_readable(report["position"], lambda: status().shown())
                err.print(f"{self._file.name} can be read: all read models hold it.")
            except Failed as failed:
                err.print(f"[yellow]{failed}[/]")
            except Exception as error:
                # The database does not answer, perhaps because the server ends.
                unknown = f"{self._file.name} is recorded; whether it can be read is not known"
                err.print(f"[yellow]{unknown}:[/] {type(error).__name__}")

    def begin_and_follow(self, executor: Executor, jobs: Jobs, status: Callable[[], Status]) -> threading.Thread:
        """Begin, and follow in a thread: returns immediately. `status` is the status of the system."""
        job = self.begin(executor, jobs)
        thread = threading.Thread(target=self.follow, args=[job, status], name="load", daemon=True)
        thread.start()
        return thread
