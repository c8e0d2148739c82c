"""What a person sees when everything is ready: the address, where the first key is, and requests to try."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rich.markup import escape

from infra.command_line.terminal import out

if TYPE_CHECKING:
    from infra.processes.first_key import FirstKey


def may_show_secrets() -> bool:
    """Whether a person reads the output. What is not a terminal may be a log, which others read and which is kept."""
    return sys.stdout.isatty()


def show_first_key(key: FirstKey) -> None:
    out.print(_first_key(key))


def show(url: str, key: FirstKey | None, documentation: bool, link: str | None = None) -> None:
    """Show where Recount is, by its documentation if it has one. `key` is the first key; None if an earlier start issued it.

    `link` is the token of a link that signs in; None if it must not be shown.

    Everything is printed in one call, so that a program that reads the output gets all of it.
    """
    page = f"{url}/docs" if documentation else url
    lines = [f"\n[bold green]Recount is ready:[/] [link={page}]{page}[/]   [dim](Ctrl-C ends it)[/]", _console(url, link)]
    if key is None:
        lines.append("[dim]The first key was issued at the first start. To create another: recount keys create me admin[/]\n")
    else:
        lines += [_first_key(key), "\nTry:", *(f"  {escape(request)}\n" for request in requests(url, key))]
    out.print("\n".join(lines))


def signed_in(url: str, token: str) -> str:
    """The address that signs a browser in. What follows `#` stays in the browser: no server and no proxy logs it.

    A server that listens on all addresses is reached at this machine's own: a browser opens no page at 0.0.0.0.
    """
    browsed = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//127.0.0.1:")
    return f"{browsed.rstrip('/')}/#sign-in={token}"


def _console(url: str, link: str | None) -> str:
    if link is None:
        return f"Console: {escape(url)}/   [dim](to sign in, run recount sign-in)[/]"
    return f"[bold]Console:[/] {escape(signed_in(url, link))}   [dim](works once, for 15 minutes)[/]"


def _first_key(key: FirstKey) -> str:
    if key.file is None:
        return f"[bold]The first admin key, shown only now:[/] {escape(key.text)}"
    where = f"[bold]The first admin key is in[/] {escape(str(key.file))}"
    return f"{where}\nOnly the file's owner can read it. Keep the key elsewhere, and delete the file."


def requests(url: str, key: FirstKey) -> list[str]:
    """Three requests that work unchanged: register a customer, read it back, read the log."""
    text = key.text if key.file is None else f"$(cat {shlex.quote(str(key.file))})"
    authorization = f'-H "Authorization: Bearer {text}"'
    body = """{"kind": "person", "name": "Ada Lovelace"}"""
    return [
        f"curl -i {authorization} -H 'Content-Type: application/json' -d '{body}' {url}/v1/customers",
        f"curl {authorization} '{url}/v1/customers?limit=3'",
        f"curl {authorization} '{url}/v1/events?limit=3'",
    ]
