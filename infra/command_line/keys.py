"""`recount keys`: who may call the API, and the master key."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.imports import AsJson
from infra.command_line.terminal import FAILED, Failed, out, print_json

app = typer.Typer(help="API keys: create, list, expire, revoke. The master key: rotate-master.", no_args_is_help=True)

Label = Annotated[str, typer.Argument(help="The owner of the key, or its purpose.")]
Roles = Annotated[
    list[str], typer.Argument(metavar="ROLE…", help="agent, marketer, sales, analyst, auditor, operator or admin; one or more.")
]
Id = Annotated[UUID, typer.Argument(help="The key's id.")]
Moment = Annotated[
    str | None,
    typer.Option(
        metavar="MOMENT", help="From then on the key is refused: 2027-01-01T00:00:00Z. Without it, the key never expires."
    ),
]


@app.command()
def create(label: Label, roles: Roles, expires_at: Moment = None, json: AsJson = False) -> None:
    """Create a key. Its text is shown once and stored nowhere."""
    from infra.command_line.reaching import reached

    with reached(read_settings(), records=True) as api:
        issued = api.post("/v1/keys", json={"label": label, "roles": roles, "expires_at": expires_at})
    if json:
        print_json(issued)
    else:
        out.print(f"{escape(issued['key'])}\n[dim]Shown only now. Its id, for revoking it: {issued['id']}[/]")


@app.command(name="list")
def list_keys(json: AsJson = False) -> None:
    """List all keys, the newest first, without their texts."""
    from rich.table import Table

    from infra.command_line.reaching import reached

    with reached(read_settings()) as api:
        head = api.get("/v1/status")["head"]
        keys = api.get("/v1/keys", params={"after": head})["items"]
    if json:
        print_json(keys)
        return
    moments = ("issued", "last_used", "expires", "revoked")
    table = Table("id", "label", "roles", *(one.replace("_", " ") for one in moments), box=None)
    for key in keys:
        table.add_row(key["key_id"], key["label"], ", ".join(key["roles"]), *(key[f"{one}_at"] or "" for one in moments))
    out.print(table)


@app.command()
def expire(id: Id, at: Moment = None, json: AsJson = False) -> None:
    """Let a key expire at another moment, or never."""
    from infra.command_line.reaching import reached

    with reached(read_settings(), records=True) as api:
        done = api.put(f"/v1/keys/{id}/expiry", json={"expires_at": at})
    if json:
        print_json(done)
    else:
        out.print(f"{id} expires at {at}." if at else f"{id} never expires.")


@app.command()
def revoke(id: Id, json: AsJson = False) -> None:
    """Revoke a key. It stops working within a second."""
    from infra.command_line.reaching import reached

    with reached(read_settings(), records=True) as api:
        done = api.post(f"/v1/keys/{id}/revocation")
    if json:
        print_json(done)
    else:
        out.print(f"{id} is revoked.")


@app.command()
def rotate_master(json: AsJson = False) -> None:
    """Wrap all keys again, with the last of the master keys in the settings, while everything else goes on.

    After an interruption, the same command continues. Exit status 1 if a key is damaged.
    """
    from infra.command_line.following import followed
    from infra.command_line.reaching import reached
    from infra.event_store.vault import MasterKey

    settings = read_settings()
    with reached(settings) as api:
        begun = api.post("/v1/operations/master-key-rotations")
        ended = followed("keys", lambda: api.get(f"/v1/operations/master-key-rotations/{begun['id']}"))["result"]
    newest = MasterKey(settings.master_keys[-1]).id.hex()
    if ended["master_key"] != newest:
        raise Failed(f"the server has {ended['master_key']} as its newest master key, not {newest}: restart it with both keys")
    if json:
        print_json(ended)
    else:
        out.print(f"{ended['rewrapped']} keys were wrapped again. The master key {newest} wraps all keys now.")
        if ended["damaged"]:
            out.print(f"[red]{ended['damaged']} keys are damaged[/]: no master key opens them.")
    if ended["damaged"]:
        raise typer.Exit(FAILED)
