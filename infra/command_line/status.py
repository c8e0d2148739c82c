"""`recount status`: positions and lag of all read models and followers."""

from __future__ import annotations

from typing import Any

import typer

from infra.command_line.failures import settings as read_settings
from infra.command_line.imports import AsJson
from infra.command_line.terminal import FAILED, out, print_json

COLOURS = {"live": "green", "retrying": "yellow", "outdated": "yellow", "stopped": "red"}


def status(json: AsJson = False) -> None:
    """Show positions and lag of all read models and followers. Exit status 1 if something needs attention."""
    from infra.command_line.reaching import Reached, server_or_parts

    with server_or_parts(read_settings()) as found:
        # If no server runs, read the status without the API: importing the API takes longer than everything else here.
        seen = found.get("/v1/status") if isinstance(found, Reached) else found.operating().status().shown()
    if json:
        print_json(seen)
    else:
        _show(seen)
    if not seen["healthy"]:
        raise typer.Exit(FAILED)


def _show(seen: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    out.print(f"[bold]{seen['deployment']}[/], head of the log {seen['head']}")
    if seen["kafka"] is not None:
        answers = "answers" if seen["kafka"] else "[red]does not answer[/]"
        out.print(f"Kafka {answers}; all events up to {seen['routed']} were sent to its topic {escape(seen['topic'])}")
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
    followers = seen["followers"]
    assert isinstance(followers, list)
    for one in followers:
        table.add_row(f"follower {one['name']}", "", str(one["position"]), str(one["lag"]), "", "")
    out.print(table)
