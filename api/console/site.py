"""The files of the console. They need no key: what they show, they ask of the API with the reader's session."""

from __future__ import annotations

from functools import cache

from anyio.to_thread import run_sync
from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.console.preloading import FOLDER, document, page_of
from api.shared.static_files import HTML, Forms, forms_of, negotiated, sent

TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FILES = {
    f"/console/{file.relative_to(FOLDER).as_posix()}": (file, TYPES[file.suffix])
    for file in sorted(FOLDER.rglob("*"))
    if file.suffix in TYPES
}
"""By path. What is not in this table is not served."""
PAGES = frozenset(
    {
        "customers",
        "orders",
        "deals",
        "leads",
        "tickets",
        "tasks",
        "interactions",
        "feedback",
        "campaigns",
        "segments",
        "reports",
        "events",
        "audit",
        "settings",
        "operations",
    }
)
"""The first segments of the addresses of pages. All have the same document: the application in it shows the page."""


class Site:
    """Answers a GET of the console's files and pages, whatever its parameters are: a page's address holds the page's state.

    Every other request is for the API.
    """

    def __init__(self, api: ASGIApp) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        answer = await _answer(Request(scope), path) if scope["method"] == "GET" and not path.startswith("/v1/") else None
        await (answer or self._api)(scope, receive, send)


async def _answer(request: Request, path: str) -> Response | None:
    """The file or the page of this path. None if it is none of the console's."""
    if file := FILES.get(path):
        return await sent(request, *file)
    if path != "/" and path.removeprefix("/").partition("/")[0] not in PAGES:
        return None
    return negotiated(request, await run_sync(_document, page_of(path)), HTML)


@cache
def _document(page: str) -> Forms:
    return forms_of(document(page))
