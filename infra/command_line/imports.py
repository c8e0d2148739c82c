"""`recount import`: records the rows of a file as events. Importing a file again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.terminal import FAILED, err, out, print_json

SHOWN = 10

MappingFile = Annotated[
    Path, typer.Argument(metavar="MAPPING", exists=True, dir_okay=False, help="What the columns mean, in TOML.")
]
RowsFile = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The rows, as CSV.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="End as soon as everything is recorded, before it can be read.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def import_file(mapping: MappingFile, file: RowsFile, no_wait: NoWait = False, json: AsJson = False) -> None:
    """Import a file, and wait until what it recorded can be read. A repeat imports only the remaining rows.

    Exit status 1 if rows were refused, or if a read model cannot show them yet.
    """
    settings = read_settings()
    from infra.command_line.catching_up import until_readable
    from infra.command_line.following import followed
    from infra.command_line.reaching import reached

    with reached(settings, records=True) as api, continued_by_a_repeat(), mapping.open("rb") as rules, file.open("rb") as rows:
        files = {"mapping": (mapping.name, rules), "file": (file.name, rows)}
        begun = api.post("/v1/imports", files=files)
        ended = followed(file.name, lambda: api.get(f"/v1/imports/{begun['id']}"), "rows_done", "rows")
        report = ended["report"]
        if json:
            print_json(report)
        else:
            show(file.name, report)
        if not no_wait:
            until_readable(report["position"], lambda: api.get("/v1/status"))
    if report["refused"]:
        raise typer.Exit(FAILED)


@contextmanager
def continued_by_a_repeat() -> Iterator[None]:
    """Say what to do after an interruption."""
    try:
        yield
    except KeyboardInterrupt:
        err.print("Interrupted. What is recorded stays; the same command continues.")
        raise


def show(name: str, report: Mapping[str, Any]) -> None:
    """Print the report for a person."""
    counts = ", ".join(f"{report[count]:,} {count}" for count in ("accepted", "repeated", "refused", "skipped"))
    speed = f" in {report['seconds']:.1f} s" if report["seconds"] >= 0.1 else ""
    out.print(f"[bold]{escape(name)}[/]: {report['rows']:,} rows: {counts}{speed}.")
    for rule, count in report["irregular"].items():
        out.print(f"  {count:,} recorded and flagged: {rule}")
    for rule, count in report["refused_by_rule"].items():
        out.print(f"  [red]{count:,} refused[/]: {rule}")
    for row in report["refusals"][:SHOWN]:
        column = f" column {row['column']}," if row["column"] else ""
        out.print(f"    line {row['line']},{escape(column)} {escape(row['field'])}: {escape(row['reason'])}")
    if report["refused"] > SHOWN:
        out.print(f"    … and {report['refused'] - SHOWN:,} more: see --json.")
