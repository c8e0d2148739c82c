"""What a request means: two requests with the same meaning are the same request for an Idempotency-Key."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from fastapi import Request

from api.shared.conditional import precondition

_DECIMAL = re.compile(rb"\d[.eE][\d+-]")
_encode = msgspec.json.Encoder(order="deterministic").encode


async def meaning(request: Request) -> bytes:
    """The method, the decoded path, the query, the conditions and the JSON of the request, each in one form.

    The order of parameters and of names does not matter, nor how a number or a character is written: 1.0 is 1.
    """
    query = sorted(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    body = await request.body()
    value = await request.json() if body else None
    if _DECIMAL.search(body):
        value = _plain(value)
    return _encode((request.method, request.scope["path"], query, precondition(request), value, bool(body)))


def _plain(value: Any) -> Any:
    """The value with whole numbers as integers, however they are written."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
