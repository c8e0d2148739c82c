"""What a person sees when everything is ready: the address, the first key, and requests to try."""

from __future__ import annotations

from rich.markup import escape

from infra.command_line.terminal import out


def show_first_key(key: str) -> None:
    out.print(_first_key(key))


def show(url: str, key: str | None) -> None:
    """Show where Recount is. `key` is the first key; None if an earlier start has shown it.

    Everything is printed in one call, so that a program that reads the output gets all of it.
    """
    lines = [f"\n[bold green]Recount is ready:[/] [link={url}/docs]{url}/docs[/]   [dim](Ctrl-C ends it)[/]"]
    if key is None:
        lines.append("[dim]The first key was shown at the first start. To create another: recount keys create me admin[/]\n")
    else:
        lines += [_first_key(key), "\nTry:", *(f"  {escape(request)}\n" for request in requests(url, key))]
    out.print("\n".join(lines))


def _first_key(key: str) -> str:
    return f"[bold]The first admin key, shown only now:[/] {escape(key)}"


def requests(url: str, key: str) -> list[str]:
    """Three requests that work unchanged: register a customer, read it back, read the log."""
    authorization = f"-H 'Authorization: Bearer {key}'"
    body = """{"kind": "person", "name": "Ada Lovelace"}"""
    return [
        f"curl -i {authorization} -H 'Content-Type: application/json' -d '{body}' {url}/v1/customers",
        f"curl {authorization} '{url}/v1/customers?limit=3'",
        f"curl {authorization} '{url}/v1/events?limit=3'",
    ]
