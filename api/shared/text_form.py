"""Every text of a request in its one form (`domain/shared/text.py`), before a route or the domain sees it.

A route cannot forget it: all paths and queries pass `OneForm`, the parameters of all paths pass the convertors below, and
`strict` reads all JSON bodies through `composed_body`. The fields of bodies are trimmed by `fields.Body`.

Almost all requests are plain ASCII without escapes. To see that costs each of them less than a microsecond.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from starlette.convertors import PathConvertor, StringConvertor
from starlette.types import ASGIApp, Receive, Scope, Send

from api.shared.problems import KINDS, MISFITS, Problem, misfit
from domain.shared.text import BLANKS, UNPRINTABLE, composed, is_composed, one_form

_PLAIN_PATH = re.compile(rb"[!-$&-~]*")
_PLAIN_QUERY = re.compile(rb"[!-$&-*,-~]*")
_NO_CHARACTER = "\uffff"
_AS_NO_CHARACTER = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *range(0xDC80, 0xDD00)), _NO_CHARACTER)
"""Control characters, and the bytes that are not UTF-8, as `surrogateescape` decodes them."""
_C1 = re.compile(rb"\xc2[\x80-\x9f]")
_WRONG_PATH = "A name in the path is not valid UTF-8, or has control characters."
_NO_TEXT = "expected valid UTF-8 without control characters"
_UNPRINTABLE = "expected a text without control characters and lone surrogates"


class OneForm:
    """Decodes path and query. In a query, invalid UTF-8 and control characters are answered with 422.

    In a path they become U+FFFF, which is no character. So the path of no route has one, and a parameter refuses it. Without
    that, a path that ends with a line feed would match the same path without it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _decoded(scope) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)


class Trimmed(StringConvertor):
    """A parameter of a path, without blanks around it. Raises Problem 400 if it is not printable."""

    def convert(self, value: str) -> str:
        return _parameter(value)


class TrimmedPath(PathConvertor):
    """The rest of a path as a parameter, without blanks around it. Raises Problem 400 if it is not printable."""

    def convert(self, value: str) -> str:
        return _parameter(value)


def composed_body(body: bytes, value: Any) -> Any:
    """The decoded body with all its texts composed. Raises as `composed_texts`."""
    is_plain = b"\\" not in body and b"\x7f" not in body and (body.isascii() or _is_composed(body))
    return value if is_plain else composed_texts(value)


def composed_texts(value: Any) -> Any:
    """The value of a body with all its texts composed.

    Raises RequestValidationError, with pointers, if a text has a control character or a lone surrogate, and ValueError if two
    names of an object are the same.
    """
    wrong: list[tuple[Any, ...]] = []
    value = _composed(value, ("body",), wrong)
    if wrong:
        errors = [{"loc": location, "msg": _UNPRINTABLE} for location in dict.fromkeys(wrong)]
        raise RequestValidationError(errors, body=value)
    return value


def _decoded(scope: Scope) -> Response | None:
    """Brings path and query of the scope into their one form. Returns a problem if the query is not valid text."""
    if not _PLAIN_PATH.fullmatch(raw := scope.get("raw_path") or quote(scope["path"]).encode()):
        scope["path"] = composed(unquote_to_bytes(raw).decode(errors="surrogateescape").translate(_AS_NO_CHARACTER))
    if not _PLAIN_QUERY.fullmatch(scope["query_string"]):
        parameters, wrong = _query(scope["query_string"])
        if wrong:
            return misfit([{"loc": ("query", name), "msg": _NO_TEXT} for name in wrong])
        scope["query_string"] = urlencode(parameters).encode()
    return None


def _is_composed(body: bytes) -> bool:
    return not _C1.search(body) and is_composed(body.decode())


def _parameter(value: str) -> str:
    if _NO_CHARACTER in value:
        raise Problem(400, KINDS[400][0], _WRONG_PATH)
    return value.strip(BLANKS)


def _query(raw: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """The query's parameters, and the names of those that are not valid text."""
    parameters: list[tuple[str, str]] = []
    wrong: list[str] = []
    for field in filter(None, raw.split(b"&")):
        name, _, value = (unquote_to_bytes(part.replace(b"+", b" ")) for part in field.partition(b"="))
        try:
            pair = one_form(name.decode()), one_form(value.decode())
        except UnicodeDecodeError:
            wrong.append(name.decode(errors="replace"))
            continue
        if any(map(UNPRINTABLE.search, pair)):
            wrong.append(pair[0])
        parameters.append(pair)
    return parameters, wrong


def _composed(value: Any, at: tuple[Any, ...], wrong: list[tuple[Any, ...]]) -> Any:
    """The value with all texts composed. Adds the first places of texts that are not printable to `wrong`."""
    if isinstance(value, str):
        text = composed(value)
        if len(wrong) < MISFITS and UNPRINTABLE.search(text):
            wrong.append(at)
        return text
    if isinstance(value, list):
        return [_composed(part, (*at, place), wrong) for place, part in enumerate(value)]
    if not isinstance(value, dict):
        return value
    parts: dict[str, Any] = {}
    for name, part in value.items():
        # A name that is not printable cannot be a part of the pointer.
        text = _composed(name, at, wrong)
        parts[text] = _composed(part, (*at, text), wrong)
    if len(parts) < len(value):
        raise ValueError("An object has the same name twice.")
    return parts
