"""/docs and /openapi.json, which need no key. The setting DOCS switches them off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response

from api.shared.routes import Router
from api.shared.static_files import HTML, Content, answered, sent, tagged

FOLDER = Path(__file__).parent
JAVASCRIPT, CSS, JSON = "text/javascript", "text/css", "application/json"
FILES = {
    "/docs": (FOLDER / "page.html", HTML),
    "/docs/start.js": (FOLDER / "start.js", JAVASCRIPT),
    "/docs/swagger-ui-bundle.js": (FOLDER / "swagger_ui/swagger-ui-bundle.js", JAVASCRIPT),
    "/docs/swagger-ui.css": (FOLDER / "swagger_ui/swagger-ui.css", CSS),
}

router = Router(tags=["documentation"], include_in_schema=False)


def _page(file: Path, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        return await sent(request, file, media_type)

    return page


for path, (file, media_type) in FILES.items():
    router.add_api_route(path, _page(file, media_type), methods=["GET"])


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    content = await run_sync(_document, request.app, limiter=request.app.state.documenting)
    return answered(request, content, JSON)


def _document(app: FastAPI) -> Content:
    """The document as it is sent. It is made at the first request: that builds every route, which takes more than a second."""
    made: Content | None = getattr(app.state, "openapi_document", None)
    if made is None:
        made = app.state.openapi_document = tagged(msgspec.json.encode(app.openapi()))
    return made
