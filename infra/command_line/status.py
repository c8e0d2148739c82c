"""`recount status`: positions and lag of all read models and followers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from infra.command_line.failures import settings as read_settings
from infra.command_line.imports import AsJson
from infra.command_line.terminal import FAILED, out, print_json

COLOURS = {"live": "green", "retrying": "yellow", "outdated": "yellow", "stopped": "red"}


Verify = Annotated[bool, typer.Option("--verify", help="Also read the whole event store, and compare everything in it.")]


def status(verify: Verify = False, json: AsJson = False) -> None:
    """Show positions and lag of all read models and followers. Exit status 1 if something needs attention."""
    seen = _verified() if verify else _seen()
    if json:
        print_json(seen)
    else:
        _show(seen)
        if verify:
            _show_findings(seen["verification"])
    if not seen["healthy"]:
        raise typer.Exit(FAILED)


def _verified() -> dict[str, Any]:
    """The status after a verification, and its result. What it finds makes the status unhealthy."""
    from infra.command_line.following import followed
    from infra.command_line.reaching import reached

    with reached(read_settings()) as api:
        begun = api.post("/v1/operations/verifications")
        ended = followed("events", lambda: api.get(f"/v1/operations/verifications/{begun['id']}"))
        seen: dict[str, Any] = api.get("/v1/status")
    return seen | {"verification": ended["result"]}


def _seen() -> dict[str, Any]:
    from infra.command_line.reaching import Reached, server_or_parts

    with server_or_parts(read_settings()) as found:
        # If no server runs, read the status without the API: importing the API takes longer than everything else here.
        seen: dict[str, Any] = found.get("/v1/status") if isinstance(found, Reached) else found.operating().status().shown()
    return seen


def _show(seen: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    out.print(f"[bold]{seen['deployment']}[/], head of the log {seen['head']}")
    if seen["kafka"] is not None:
        answers = "answers" if seen["kafka"] else "[red]does not answer[/]"
        out.print(f"Kafka {answers}; all events up to {seen['routed']} were sent to its topic {escape(seen['topic'])}")
        _show_relay(seen["relay"])
    if seen["unreadable_events"]:
        out.print(
            f"[red]{seen['unreadable_events']} events cannot be read[/], the first at positions {seen['first_unreadable']}"
        )
    for trouble in seen["troubles"]:
        out.print(f"[red]{escape(trouble['code'])}[/] since {trouble['since']}: {escape(trouble['detail'])}")
    if seen["following"] is False:
        out.print("[red]Nobody follows[/]: policies, deadlines, the end of days and webhooks wait for a recount follow")
    table = Table("read model", "state", "complete to", "lag", "dead letters", "", box=None)
    for one in seen["projections"]:
        colour = COLOURS[one["state"]]
        broken = f"broken chains: {one['broken']}" if one["broken"] else one["reason"]
        numbers = (str(one[name]) for name in ("complete_to", "lag", "dead_letters"))
        table.add_row(one["name"], f"[{colour}]{one['state']}[/]", *numbers, broken)
    for one in seen["followers"]:
        table.add_row(f"follower {one['name']}", "", str(one["position"]), str(one["lag"]), "", "")
    out.print(table)


def _show_relay(relay: dict[str, Any]) -> None:
    from rich.markup import escape

    if relay["waiting"]:
        since = f", the oldest since {relay['waiting_since']}" if relay["waiting_since"] else ""
        out.print(f"{relay['waiting']} positions wait to be sent{since}")
    if failure := relay["failure"]:
        out.print(f"The relay failed last at {failure['at']}: {escape(failure['error'])}: {escape(failure['detail'])}")


def _show_findings(result: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    colour = "red" if result["number"] else "green"
    read = f"All events up to {result['position']} were read in {result['seconds']:.1f} s"
    out.print(f"{read}: [{colour}]{result['number']} findings[/]")
    table = Table("position", "finding", "", box=None)
    for one in result["findings"]:
        table.add_row(str(one["position"] or ""), one["kind"], escape(one["detail"]))
    if result["findings"]:
        out.print(table)
