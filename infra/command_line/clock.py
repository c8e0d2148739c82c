"""`recount clock`: what to do about a clock that is doubted."""

from __future__ import annotations

import typer

from infra.command_line.failures import settings as read_settings
from infra.command_line.imports import AsJson
from infra.command_line.terminal import out, print_json

app = typer.Typer(help="The clock: confirm.", no_args_is_help=True)


@app.callback()
def clock() -> None:
    """The clock: confirm."""


@app.command()
def confirm(json: AsJson = False) -> None:
    """Confirm that the clock is right, although it is far ahead of the last recorded fact.

    In the embedded deployment it is the clock of the running server, in the distributed one that of this machine. Processes
    whose clocks agree go on within seconds: days end, deadlines are met, and old receipts are deleted.
    """
    from infra.command_line.reaching import reached

    with reached(read_settings()) as api:
        confirmed = api.post("/v1/operations/clock-confirmations")
    if json:
        print_json(confirmed)
    else:
        out.print(f"The time {confirmed['confirmed']} is confirmed.")
