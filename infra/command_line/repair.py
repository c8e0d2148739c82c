"""`recount repair`: goes on from the log as it is, after it was restored to an earlier moment."""

from __future__ import annotations

from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.terminal import out


def repair() -> None:
    """Follow the log again after it was restored, or lost events. All other processes must be stopped.

    If it is interrupted, run it again.
    """
    settings = read_settings()
    from infra.processes.repairing import repair as mend

    mend(settings, lambda line: out.print(escape(line)))
