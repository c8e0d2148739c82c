"""`recount report`: the answer of a report as a table, a file or a picture.

It sends the request that anyone can send, so parameters, checks and figures are those of the API.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.terminal import Failed, WrongUsage, err, out, print_json

if TYPE_CHECKING:
    from infra.command_line.reaching import Reached

REPORTS = "/v1/reports/"
NOT_A_TERMINAL = (160, 24)
EVERYWHERE = frozenset(("after", "bom", "fields", "neutralise"))
"""Parameters of every report, which are not listed."""
FREE = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Unknown options are parameters of the report."""


class Format(StrEnum):
    TABLE, JSON, CSV, NDJSON, PARQUET = "table", "json", "csv", "ndjson", "parquet"


ACCEPTED = {Format.CSV: "text/csv", Format.NDJSON: "application/x-ndjson", Format.PARQUET: "application/x-ndjson"}

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="The report. Without it, all reports are listed.")]
Parameters = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PARAMETER=VALUE…]", help="Parameters of the report: by=month, or --by month."),
]
As = Annotated[Format, typer.Option("--format", help="CSV, NDJSON and Parquet have all groups, and only these.")]
Output = Annotated[Path | None, typer.Option(metavar="FILE", help="Write into this file, not to standard output.")]
Draw = Annotated[Path | None, typer.Option(metavar="FILE.svg|FILE.png", help="Draw the picture of this report.")]
Measure = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="What to draw, if not what is usual; may be given several times.")
]
Definitions = Annotated[bool, typer.Option("--definitions", help="Also show how each figure is defined.")]
Url = Annotated[str | None, typer.Option(metavar="URL", help="Ask this server, with --key.")]
Key = Annotated[str | None, typer.Option(metavar="KEY", envvar="RECOUNT_KEY", help="The API key for --url.")]


def report(
    name: Name = None,
    parameters: Parameters = None,
    form: As = Format.TABLE,
    output: Output = None,
    draw: Draw = None,
    measure: Measure = None,
    definitions: Definitions = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """Show a report: as a table, a file or a picture. Without a name, list all reports.

    Everything else is a parameter of the report, as the API takes it: recount report buyers --by month from=2026-01-01
    """
    if name is None:
        _list()
        return
    asked = parsed(parameters or ())
    _check(form, output, draw)
    with _reached(url, key) as api:
        if draw is not None:
            _draw(name, _body(api, name, asked), draw, measure or (), asked)
        elif form in ACCEPTED:
            _write(_answer(api, name, asked, ACCEPTED[form]), form, output)
        else:
            _show(name, _body(api, name, asked), form, output, definitions)


def parsed(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """The parameters in `by=month`, `--by=month` and `--by month`. Raises WrongUsage for anything else."""
    return list(_parsed(iter(arguments)))


def _parsed(arguments: Iterator[str]) -> Iterator[tuple[str, str]]:
    for one in arguments:
        name, equals, value = one.removeprefix("--").partition("=")
        if not equals:
            following = next(arguments, None) if one.startswith("--") else None
            if following is None:
                raise WrongUsage(f"report: {one} is no parameter: write name=value, or --name value")
            value = following
        yield (name.replace("-", "_") if one.startswith("--") else name), value


def _check(form: Format, output: Path | None, draw: Path | None) -> None:
    """Raises WrongUsage before anything is asked."""
    if form is Format.PARQUET:
        if output is None:
            raise WrongUsage("report: Parquet needs a file: --output FILE")
        _needs("pyarrow", "parquet", "--format parquet")
    if draw is not None:
        if draw.suffix not in (".svg", ".png"):
            raise WrongUsage(f"report: {draw} is neither .svg nor .png")
        _needs("matplotlib", "drawing", "--draw")
    for file in (output, draw):
        if file is not None and not file.parent.is_dir():
            raise WrongUsage(f"report: there is no folder {file.parent}")


def _needs(module: str, extra: str, what: str) -> None:
    from importlib.util import find_spec

    try:
        found = find_spec(module)
    except ValueError:
        found = None
    if found is None:
        raise Failed(f"recount report {what} needs the extra `{extra}` ({module}): pip install 'recount[{extra}]'")


# What is asked


def _reached(url: str | None, key: str | None) -> AbstractContextManager[Reached]:
    from infra.command_line.reaching import reached, remote

    if url is None:
        return reached(read_settings())
    if key is None:
        raise WrongUsage("report: --url needs the key of an analyst: --key, or RECOUNT_KEY")
    return remote(url, key)


def _answer(api: Reached, name: str, asked: Sequence[tuple[str, str]], accepted: str) -> bytes:
    from infra.command_line.reaching import NothingHere

    try:
        return api.content(REPORTS + quote(name, safe=""), params=list(asked), headers={"Accept": accepted})
    except NothingHere as error:
        raise Failed(f"{error} There is no report {name}: recount report lists all.") from None


def _body(api: Reached, name: str, asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
    from msgspec import json

    body: dict[str, Any] = json.decode(_answer(api, name, asked, "application/json"))
    if body.pop("next", None):
        err.print("[yellow]There are more groups[/]: ask for fewer, or take all of them with --format csv, ndjson or parquet.")
    return body


def _list() -> None:
    """All reports, each with its parameters, as this version of the API has them. Nothing is opened or asked."""
    from rich.table import Table
    from rich.text import Text

    from api.app import ROUTERS
    from api.shared.routes import Route

    table = Table("report", "", "parameters", box=None)
    every = [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]
    for route in sorted(every, key=lambda one: one.path):
        if route.path.startswith(REPORTS):
            first = (route.endpoint.__doc__ or "").partition("\n")[0]
            parameters = ", ".join(sorted(route.parameters.known - EVERYWHERE))
            table.add_row(route.path.removeprefix(REPORTS), Text(first), Text(parameters))
    out.print(table)


# What is shown


def _write(content: bytes, form: Format, output: Path | None) -> None:
    if form is Format.PARQUET and output is not None:
        from infra.reports import parquet

        parquet.write(content.splitlines(), output)
    elif output is not None:
        output.write_bytes(content)
    else:
        typer.echo(content, nl=False)


def _show(name: str, body: dict[str, Any], form: Format, output: Path | None, definitions: bool) -> None:
    from contextlib import ExitStack

    from rich.console import Console

    with ExitStack() as stack:
        file = stack.enter_context(output.open("w", encoding="utf-8")) if output else None
        if form is Format.JSON:
            print_json(body, file)
            return
        from infra.reports.answer import read
        from infra.reports.table import tables

        width = shutil.get_terminal_size(NOT_A_TERMINAL).columns
        console = Console(file=file, width=out.width, highlight=False, soft_wrap=True) if file else out
        console.print(tables(read(name, body), width, definitions))


def _draw(name: str, body: dict[str, Any], file: Path, measures: Sequence[str], asked: Sequence[tuple[str, str]]) -> None:
    from infra.drawing.pictures import NothingToDraw, draw
    from infra.reports.answer import read

    try:
        remark = draw(read(name, body), file, measures, " ".join(f"{one}={value}" for one, value in asked))
    except NothingToDraw as error:
        raise Failed(f"nothing was drawn: {error}") from None
    out.print(f"{escape(name)} is drawn in {escape(str(file))}")
    if remark:
        err.print(f"[yellow]{escape(remark)}[/]")
