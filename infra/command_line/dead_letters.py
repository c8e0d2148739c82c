"""`recount dead-letters`: lists, retries and discards events that a read model could not fold."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.imports import AsJson
from infra.command_line.terminal import FAILED, out, print_json

app = typer.Typer(help="Events that a read model could not fold: list, retry, discard.", no_args_is_help=True)

Projection = Annotated[str, typer.Argument(metavar="NAME", help="The read model.")]


@app.command(name="list")
def list_letters(
    projection: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only those of this read model.")] = None,
    json: AsJson = False,
) -> None:
    """List waiting and discarded events."""
    from rich.table import Table

    from infra.command_line.reaching import reached

    with reached(read_settings()) as api:
        asked = {} if projection is None else {"projection": projection}
        letters = api.get("/v1/operations/dead-letters", params=asked)["items"]
    if json:
        print_json(letters)
        return
    if not letters:
        out.print("There are no dead letters.")
        return
    table = Table("read model", "position", "subject", "type", "error", "tries", "since", "", box=None)
    for one in letters:
        cells = (str(one[name]) for name in ("position", "subject", "type", "error", "tries", "since"))
        table.add_row(one["projection"], *map(escape, cells), "discarded" if one["discarded"] else "")
    out.print(table)


@app.command()
def retry(
    projection: Projection,
    subject: Annotated[UUID | None, typer.Option(help="Only events that wait for this subject.")] = None,
    json: AsJson = False,
) -> None:
    """Fold the waiting events again, in order. Exit status 1 if an event still waits."""
    from infra.command_line.reaching import reached

    with reached(read_settings()) as api:
        asked = {} if subject is None else {"subject": str(subject)}
        _show(api.post(f"/v1/operations/dead-letters/{projection}/retry", params=asked), json)


@app.command()
def discard(
    projection: Projection,
    position: Annotated[int, typer.Argument(min=1, help="The event's position in the log.")],
    json: AsJson = False,
) -> None:
    """Discard an event: this read model skips it, in rebuilds too. Then fold the events that waited behind it."""
    from infra.command_line.reaching import reached

    with reached(read_settings()) as api:
        _show(api.post(f"/v1/operations/dead-letters/{projection}/{position}/discard"), json)


def _show(retried: dict[str, int], json: bool) -> None:
    if json:
        print_json(retried)
    else:
        out.print(f"{retried['folded']} folded, {retried['waiting']} still waiting.")
    if retried["waiting"]:
        raise typer.Exit(FAILED)
