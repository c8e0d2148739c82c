"""Strict JSON bodies: no NaN, no lone surrogates, no control characters, no duplicate name in an object.

Invalid JSON is answered with 400, invalid text with 422, another media type or a content coding with 415. A byte order mark
before the body is skipped. The API key and its permission are checked before the body is read. All texts of a body come out
composed, with LF at the end of lines.

Bodies are parsed on the event loop, so their size, their depth and the number of their parts are bounded.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from contextlib import suppress
from typing import Any

import msgspec
from fastapi import Request, Response

from api.shared.access import authenticated
from api.shared.bodies import BoundedRequest
from api.shared.problems import KINDS, Problem
from api.shared.routes import Handler, Route
from api.shared.text_form import composed_body, composed_texts

_MEDIA_TYPE = re.compile(r"application/(json|[\w.+-]+\+json)\s*(;.*)?", re.IGNORECASE)
_NAME = re.compile(rb'"[ \t\r\n]*:')
CONTAINERS = (dict, list)
BODY = 1024 * 1024
"""The largest body of a command in bytes. An order of 1,000 lines has a quarter of it. Batches and imports may be larger."""
DEPTH = 64
"""So many objects and lists may be inside of each other. A segment rule of ten levels has 24."""
PARTS = 50_000
"""So many values the objects and lists of a body may have together. An order of 1,000 lines has some 10,000."""
_decode = msgspec.json.Decoder().decode


class StrictRequest(BoundedRequest):
    most = BODY
    too_large = f"The body of a command may have at most {BODY // 1024} KiB."

    async def json(self) -> Any:
        """The body. Raises Problem 400, 415 and 422."""
        if not hasattr(self, "_value"):
            self._value = _read(await self.body(), self.headers.get("content-type", ""))
        return self._value


class AuthenticatedRoute(Route):
    """A route that checks the API key, its permission and the content coding before it reads the body."""

    def handler(self) -> Handler:
        handle = super().handler()

        async def handle_known(request: Request) -> Response:
            await self.admit(request)
            return await handle(request)

        return handle_known

    async def admit(self, request: Request) -> None:
        """Raises Problem 401, 403 and 415."""
        await authenticated(request)
        await self.parameters.permit(request)
        if any(name == b"content-encoding" for name, _ in request.scope["headers"]):
            _refuse_coded(request)


class StrictRoute(AuthenticatedRoute):
    """A route that reads its JSON body strictly."""

    request_class = StrictRequest

    def handler(self) -> Handler:
        handle = Route.handler(self)

        async def handle_strictly(request: Request) -> Response:
            await self.admit(request)
            if await request.body():
                # Read here also if the route takes no body.
                await request.json()
            return await handle(request)

        return handle_strictly


def _refuse_coded(request: Request) -> None:
    """Raises Problem 415 if the body has a content coding, such as gzip (RFC 9110, section 8.4)."""
    codings = ", ".join(request.headers.getlist("content-encoding"))
    if codings.strip().lower() != "identity":
        detail = f"The content coding {codings[:40]!r} is not supported: send the body as it is."
        raise Problem(415, KINDS[415][0], detail, {"Accept-Encoding": "identity"})


def _read(body: bytes, media_type: str) -> Any:
    if media_type != "application/json" and not _MEDIA_TYPE.fullmatch(media_type.strip()):
        raise Problem(415, "unsupported-media-type", "The body must be JSON: send it as Content-Type: application/json.")
    body = body.removeprefix(BOM_UTF8)
    try:
        value = _decode(body)
        names = _bounded(value)
        value = composed_body(body, value)
    except (msgspec.DecodeError, ValueError) as error:
        _refuse_invalid_text(body)
        raise _malformed(str(error)) from None
    except RecursionError:
        raise _malformed("The body is nested too deeply.") from None
    # A cheap test first: duplicates make more names in the text than in the value. Texts may contain colons and look like
    # names too, so a difference only means that a closer look is needed.
    if body.count(b":") != names and len(_NAME.findall(body)) != names:
        json.loads(body, object_pairs_hook=_refuse_duplicate_names)
    return value


def _refuse_invalid_text(body: bytes) -> None:
    """Raises RequestValidationError if the body is JSON except for texts that are not valid UTF-8 or have lone surrogates.

    Raises Problem as `_bounded`.
    """
    try:
        # Invalid bytes become lone surrogates, which are found together with the escaped ones.
        value = json.loads(body.decode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        return
    _bounded(value)
    with suppress(ValueError):
        composed_texts(value)


def _bounded(value: Any) -> int:
    """The number of names in all objects of the value. Raises Problem 400 and 413 if it is too deep or has too many parts."""
    names = parts = depth = 0
    level = [value] if isinstance(value, CONTAINERS) else []
    while level:
        depth += 1
        parts += sum(map(len, level))
        names += sum(len(one) for one in level if isinstance(one, dict))
        if depth > DEPTH:
            raise _malformed("The body is nested too deeply.")
        if parts > PARTS:
            raise Problem(413, KINDS[413][0], f"The objects and lists of a body may have at most {PARTS} values together.")
        level = [
            part for one in level for part in (one.values() if isinstance(one, dict) else one) if isinstance(part, CONTAINERS)
        ]
    return names


def _refuse_duplicate_names(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise _malformed("An object has the same name twice.")


def _malformed(detail: str) -> Problem:
    return Problem(400, "malformed-json", detail)
