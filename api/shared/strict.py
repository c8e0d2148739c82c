"""Strict JSON bodies: no NaN, no lone surrogates, no control characters, no duplicate name in an object.

Invalid JSON is answered with 400, invalid text with 422, another media type with 415. A byte order mark before the body is
skipped. The API key is checked before the body is read. All texts of a body come out composed, with LF at the end of lines.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi import Request, Response

from api.shared.access import authenticated
from api.shared.problems import Problem
from api.shared.routes import Route
from api.shared.text_form import composed_body, composed_texts

_MEDIA_TYPE = re.compile(r"application/(json|[\w.+-]+\+json)\s*(;.*)?", re.IGNORECASE)
_NAME = re.compile(rb'"[ \t\r\n]*:')
CONTAINERS = (dict, list)
_decode = msgspec.json.Decoder().decode


class StrictRequest(Request):
    async def json(self) -> Any:
        """The body. Raises Problem 400, 415 and 422."""
        if not hasattr(self, "_value"):
            self._value = _read(await self.body(), self.headers.get("content-type", ""))
        return self._value


class AuthenticatedRoute(Route):
    """A route that checks the API key before it reads the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_known(request: Request) -> Response:
            await authenticated(request)
            return await handle(request)

        return handle_known


class StrictRoute(AuthenticatedRoute):
    """A route that reads its JSON body strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = Route.get_route_handler(self)

        async def handle_strictly(request: Request) -> Response:
            await authenticated(request)
            strict = StrictRequest(request.scope, request.receive)
            if await strict.body():
                # Read the JSON here: the framework would turn every error in reading it into 400.
                await strict.json()
            return await handle(strict)

        return handle_strictly


def _read(body: bytes, media_type: str) -> Any:
    if media_type != "application/json" and not _MEDIA_TYPE.fullmatch(media_type.strip()):
        raise Problem(415, "unsupported-media-type", "The body must be JSON: send it as Content-Type: application/json.")
    body = body.removeprefix(BOM_UTF8)
    try:
        value = composed_body(body, _decode(body))
    except (msgspec.DecodeError, ValueError) as error:
        _refuse_invalid_text(body)
        raise _malformed(str(error)) from None
    except RecursionError:
        raise _malformed("The body is nested too deeply.") from None
    # A cheap test first: duplicates make more names in the text than in the value. Texts may contain colons and look like
    # names too, so a difference only means that a closer look is needed.
    names = _names(value)
    if body.count(b":") != names and len(_NAME.findall(body)) != names:
        json.loads(body, object_pairs_hook=_refuse_duplicate_names)
    return value


def _refuse_invalid_text(body: bytes) -> None:
    """Raises RequestValidationError if the body is JSON except for texts that are not valid UTF-8 or have lone surrogates."""
    try:
        # Invalid bytes become lone surrogates, which are found together with the escaped ones.
        composed_texts(json.loads(body.decode(errors="surrogateescape")))
    except (ValueError, RecursionError):
        return


def _names(value: Any) -> int:
    """The number of names in all objects of the value, nested ones included."""
    is_object = isinstance(value, dict)
    count = len(value) if is_object else 0
    for part in value.values() if is_object else value if isinstance(value, list) else ():
        if isinstance(part, CONTAINERS):
            count += _names(part)
    return count


def _refuse_duplicate_names(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise _malformed("An object has the same name twice.")


def _malformed(detail: str) -> Problem:
    return Problem(400, "malformed-json", detail)
