"""`recount repair`: goes on from the log as it is, after it was restored to an earlier moment."""

from __future__ import annotations

from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.terminal import Failed, out


def repair() -> None:
    """Follow the log again after it was restored, or lost events. All other processes must be stopped.

    If it is interrupted, run it again.
    """
    settings = read_settings()
    from infra.backup.tables import events_file
    from infra.processes.repairing import repair as mend

    if not settings.distributed and not (file := events_file(settings)).exists():
        raise Failed(f"RECOUNT_HOME: there is no event store at {file}. For that of recount up: recount up --repair")

    mend(settings, lambda line: out.print(escape(line)))
