"""`recount sign-in`: a link that signs a browser in to the console, as the operator."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.command_line.failures import settings as read_settings
from infra.command_line.hints import signed_in
from infra.command_line.imports import AsJson
from infra.command_line.serve import url_at
from infra.command_line.terminal import out, print_json
from infra.processes import server_file

Url = Annotated[
    str | None, typer.Option(metavar="URL", help="Where browsers reach the console, such as https://crm.example.org.")
]


def sign_in(url: Url = None, json: AsJson = False) -> None:
    """Print a link that signs a browser in as an admin, once, within 15 minutes.

    It needs the stores and the master key. Without --url, the link leads to the running server, or to HOST and PORT.
    """
    from infra.command_line.reaching import reached

    settings = read_settings()
    with reached(settings) as api:
        made = api.post("/v1/sign-in-links")
        running = None if settings.distributed else server_file.found(settings.home)
    link = signed_in(url or (running.url if running else url_at(settings.host, settings.port)), made["link"])
    if json:
        print_json({"url": link, "expires_at": made["expires_at"]})
    else:
        out.print(f"Console: {link}", markup=False)
