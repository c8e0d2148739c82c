"""The files of the console. They need no key: what they show, they ask of the API with the reader's session."""

from __future__ import annotations

from pathlib import Path

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.shared.static_files import HTML, sent

FOLDER = Path(__file__).parent
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FILES = {
    f"/console/{file.relative_to(FOLDER).as_posix()}": (file, TYPES[file.suffix])
    for file in sorted(FOLDER.rglob("*"))
    if file.suffix in TYPES
}
"""By path. What is not in this table is not served."""
DOCUMENT = FOLDER / "index.html", HTML
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
        found = None if path.startswith("/v1/") or scope["method"] != "GET" else _file(path)
        if found is None:
            await self._api(scope, receive, send)
        else:
            answer = await sent(Request(scope), *found)
            await answer(scope, receive, send)


def _file(path: str) -> tuple[Path, str] | None:
    _, _, page = path.partition("/")
    is_page = path == "/" or page.partition("/")[0] in PAGES
    return FILES.get(path) or (DOCUMENT if is_page else None)
