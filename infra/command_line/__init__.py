"""The `recount` command: the entry point, which connects everything.

Every command is listed here by hand. Heavy modules are imported by the commands that need them, when they run.
"""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

from infra.collecting import collect_seldom
from infra.command_line import clock, dead_letters, keys
from infra.command_line.backup import backup
from infra.command_line.follow import follow
from infra.command_line.imports import import_file
from infra.command_line.project import project
from infra.command_line.rebuild import rebuild
from infra.command_line.relay import relay
from infra.command_line.repair import repair
from infra.command_line.report import FREE, report
from infra.command_line.restore import restore
from infra.command_line.serve import serve
from infra.command_line.sign_in import sign_in
from infra.command_line.status import status
from infra.command_line.terminal import INTERRUPTED, err
from infra.command_line.up import up
from infra.file_modes import write_only_for_us
from infra.processes.stopping import interrupted_by_sigterm
from infra.thread_names import show_thread_names
from infra.turns import take_short_turns

app = typer.Typer(
    name="recount",
    help="An event-sourced CRM: every answer can be recomputed from the log. Settings are environment variables, RECOUNT_….",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(relay)
app.command()(project)
app.command()(follow)
app.command()(up)
app.command()(status)
app.command(name="import")(import_file)
app.command(context_settings=FREE)(report)
app.command()(rebuild)
app.command(name="sign-in")(sign_in)
app.command()(backup)
app.command()(restore)
app.command()(repair)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(keys.app, name="keys")
app.add_typer(clock.app, name="clock")


def main() -> None:
    """Exit status 0: done; 1: it failed or was refused; 2: wrong usage or settings; 130: interrupted before its end."""
    collect_seldom()
    take_short_turns()
    write_only_for_us()
    show_thread_names()
    try:
        # From the first moment on: as the first process of a container, one that expects no SIGTERM is not ended by it.
        with interrupted_by_sigterm():
            app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        from infra.command_line.failures import explained

        status, why = explained(error)
        err.print(f"[red]recount:[/] {escape(why)}")
        sys.exit(status)
