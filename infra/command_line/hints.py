"""What a person sees when everything is ready: where it is, the first key, and requests to try."""

from __future__ import annotations

from rich.markup import escape

from infra.command_line.terminal import out

KEY_UNKNOWN = "<your key>"


def show(url: str, key: str | None, ends_by: str = "Ctrl-C") -> None:
    """`key` is shown this once; None where there is one already."""
    out.print(f"\n[bold green]Recount is ready:[/] [link={url}/docs]{url}/docs[/]   [dim]({ends_by} ends it)[/]\n")
    if key is None:
        out.print("[dim]Your store was there already, and so are its keys. A new one: recount keys create --role admin me[/]\n")
        return
    out.print(f"[bold]The first admin key, shown only now:[/] {escape(key)}\n")
    out.print("Try:")
    for request in requests(url, key):
        print(f"  {request}\n", flush=True)


def requests(url: str, key: str) -> list[str]:
    """Three requests that work as they stand: register a customer, read it back, read the log."""
    authorization = f"-H 'Authorization: Bearer {key}'"
    body = """{"kind": "person", "name": "Ada Lovelace"}"""
    return [
        f"curl -i {authorization} -H 'Content-Type: application/json' -d '{body}' {url}/v1/customers",
        f"curl {authorization} '{url}/v1/customers?limit=3'",
        f"curl {authorization} '{url}/v1/events?limit=3'",
    ]
