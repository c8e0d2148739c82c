"""The files of the console. They need no key: what they show, they ask of the API with the reader's session."""

from __future__ import annotations

from pathlib import Path

from fastapi import Request, Response

from api.shared.problems import Problem
from api.shared.routes import Router
from api.shared.static_files import HTML, sent

FOLDER = Path(__file__).parent
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FILES = {
    f"/console/{file.relative_to(FOLDER)}": (file, TYPES[file.suffix])
    for file in sorted(FOLDER.rglob("*"))
    if file.suffix in TYPES
}
"""By path. What is not in this table is not served."""
PAGES = (
    "customers",
    "orders",
    "deals",
    "tickets",
    "tasks",
    "campaigns",
    "reports",
    "events",
    "audit",
    "operations",
)
"""The first segments of the addresses of pages: the application shows the page, so all have the same document."""

router = Router(tags=["console"], include_in_schema=False)


@router.get("/console/{name:path}")
async def file(request: Request, name: str) -> Response:
    found = FILES.get(f"/console/{name}")
    if found is None:
        raise Problem(404, "not-found", "The console has no such file.")
    return await sent(request, *found)


async def document(request: Request) -> Response:
    return await sent(request, FOLDER / "index.html", HTML)


router.add_api_route("/", document, methods=["GET"])
for name in PAGES:
    router.add_api_route(f"/{name}", document, methods=["GET"])
    router.add_api_route(f"/{name}/{{rest:path}}", document, methods=["GET"])
