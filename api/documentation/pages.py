"""/docs and /openapi.json, which need no key. The setting DOCS switches them off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response

from api.shared import conditional
from api.shared.routes import Router

FOLDER = Path(__file__).parent
JAVASCRIPT, CSS, HTML, JSON = "text/javascript", "text/css", "text/html", "application/json"
FILES = {
    "/docs": (FOLDER / "page.html", HTML),
    "/docs/start.js": (FOLDER / "start.js", JAVASCRIPT),
    "/docs/swagger-ui-bundle.js": (FOLDER / "swagger_ui/swagger-ui-bundle.js", JAVASCRIPT),
    "/docs/swagger-ui.css": (FOLDER / "swagger_ui/swagger-ui.css", CSS),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
"""No script and no style that is written into the page, and nothing from another host."""


class Content(NamedTuple):
    """What is sent, and its ETag."""

    body: bytes
    tag: str


router = Router(tags=["documentation"], include_in_schema=False)


def _page(file: Path, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        content = await run_sync(_content, file)
        return _answered(request, content, media_type)

    return page


for path, (file, media_type) in FILES.items():
    router.add_api_route(path, _page(file, media_type), methods=["GET"])


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    content = await run_sync(_document, request.app, limiter=request.app.state.documenting)
    return _answered(request, content, JSON)


def _answered(request: Request, content: Content, media_type: str) -> Response:
    """200, or 304 if the browser has it already. Nothing here is personal, so it may be kept, and is asked for again."""
    body, tag = content
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if media_type == HTML:
        headers["Content-Security-Policy"] = POLICY
    if conditional.known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type)


@cache
def _content(file: Path) -> Content:
    return _tagged(file.read_bytes())


def _document(app: FastAPI) -> Content:
    """The document as it is sent. It is made at the first request: that builds every route, which takes more than a second."""
    made: Content | None = getattr(app.state, "openapi_document", None)
    if made is None:
        made = app.state.openapi_document = _tagged(msgspec.json.encode(app.openapi()))
    return made


def _tagged(body: bytes) -> Content:
    return Content(body, sha256(body).hexdigest()[:16])
