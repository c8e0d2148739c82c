"""`recount rebuild`: builds read models again from the log, or only compares the result with the live rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.imports import AsJson
from infra.command_line.terminal import FAILED, WrongUsage, out, print_json

if TYPE_CHECKING:
    from infra.command_line.reaching import Reached

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="The read model.")]
Check = Annotated[bool, typer.Option("--check", help="Only compare the result of a rebuild with the live rows.")]
Everything = Annotated[bool, typer.Option("--all", help="All read models, with one reading of the log.")]


def rebuild(name: Name = None, check: Check = False, all: Everything = False, json: AsJson = False) -> None:
    """Build a read model again while the old one answers. After an interruption, the same command continues.

    Exit status 1 if the result differs from the live rows, or a read model cannot be rebuilt.
    """
    from infra.command_line.reaching import reached

    if (name is None) != all:
        raise WrongUsage("rebuild: name one read model, or use --all")
    with reached(read_settings()) as api:
        ended = _rebuilt(api, name, check)
    if json:
        print_json(ended if all else ended[0])
    else:
        for one in ended:
            _show(one)
    if any(one["same"] is False or one["error"] for one in ended):
        raise typer.Exit(FAILED)


def _rebuilt(api: Reached, name: str | None, check: bool) -> list[dict[str, Any]]:
    """The results of one read model, or of all."""
    from infra.command_line.following import followed

    begun = api.post("/v1/operations/rebuilds", json={"projection": name, "check": check})
    ended = followed(name or "all read models", lambda: api.get(f"/v1/operations/rebuilds/{begun['id']}"))
    result: dict[str, Any] = ended["result"]
    return [result] if name else list(result["projections"])


def _show(ended: dict[str, Any]) -> None:
    if ended["error"]:
        out.print(f"{escape(ended['projection'])}: [red]not rebuilt[/]: {escape(ended['error'])}")
        return
    verdicts = {True: "[green]equal[/]", False: "[red]different[/]", None: "not comparable: made by another version"}
    done = "rebuilt" if ended["swapped"] else "checked"
    name = escape(ended["projection"])
    out.print(f"{name}: {done} up to {ended['position']} in {ended['seconds']:.1f} s: {verdicts[ended['same']]}")
    if difference := ended["difference"]:
        out.print(f"  first difference: {escape(_row(difference))}")
    if ended["dead_letters"]:
        out.print(f"  [yellow]{ended['dead_letters']} events could not be folded[/]: see recount dead-letters list")


def _row(difference: dict[str, Any]) -> str:
    """`orders, order_id 0199…: different in status`."""
    key = ", ".join(f"{name} {value}" for name, value in difference["key"].items())
    columns = ", ".join(difference["columns"])
    place = f"{difference['table']}, {key}" if key else difference["table"]
    return f"{place}: {difference['fault']}" + (f" in {columns}" if columns else "")
