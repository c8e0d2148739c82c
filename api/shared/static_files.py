"""Files of this package, served to browsers: with a tag, compressed where the browser takes it, and under a strict policy."""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from anyio.to_thread import run_sync
from fastapi import Request, Response

from api.shared import conditional

HTML = "text/html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
"""No script and no style that is written into the page, and nothing from another host."""


class Content(NamedTuple):
    """What is sent, and its ETag."""

    body: bytes
    tag: str


class Forms(NamedTuple):
    """The same content as it is, and compressed."""

    plain: Content
    packed: Content


async def sent(request: Request, file: Path, media_type: str) -> Response:
    """200 with the file, or 304 if the browser has it already. The file is read once in the life of this process.

    It holds nothing secret, so it may be compressed (a secret that is compressed beside text of others can be guessed).
    """
    return negotiated(request, await run_sync(_forms, file), media_type)


def negotiated(request: Request, forms: Forms, media_type: str) -> Response:
    """As `answered`, compressed where the browser takes it."""
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = answered(request, forms.packed if packed else forms.plain, media_type)
    answer.headers["Vary"] = "Accept-Encoding"
    if packed and answer.status_code == 200:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def answered(request: Request, content: Content, media_type: str) -> Response:
    """200, or 304 if the browser has it already. Nothing here is personal, so it may be kept, and is asked for again."""
    body, tag = content
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if media_type == HTML:
        headers["Content-Security-Policy"] = POLICY
    if conditional.known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type)


def tagged(body: bytes) -> Content:
    return Content(body, sha256(body).hexdigest()[:16])


def forms_of(body: bytes) -> Forms:
    return Forms(tagged(body), tagged(gzip.compress(body, mtime=0)))


@cache
def _forms(file: Path) -> Forms:
    return forms_of(file.read_bytes())
