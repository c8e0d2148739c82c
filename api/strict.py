"""JSON as strict as it comes: no NaN, no lone surrogates, no NUL. What is not JSON is 400, what cannot be text is 422."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u(?:0000|[dD][89a-fA-F])")
_decode = msgspec.json.Decoder().decode


class StrictRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        if b"\\u" in body and _ESCAPED.search(body):
            self._refuse_what_is_no_text(body)
        try:
            return _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from None

    @staticmethod
    def _refuse_what_is_no_text(body: bytes) -> None:
        try:
            text = json.dumps(json.loads(body), ensure_ascii=False)
            text.encode()
        except UnicodeEncodeError:
            raise HTTPException(422, "A text holds a lone surrogate, which is no character.") from None
        except ValueError:
            return
        if "\\u0000" in text:
            raise HTTPException(422, "A text holds the character NUL.")


class StrictRoute(APIRoute):
    """A route whose JSON body is read strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly
