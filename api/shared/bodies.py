"""Requests whose body has a bound: the one place in which a body is counted while it comes."""

from __future__ import annotations

from fastapi import Request

from api.shared.admission import until_body
from api.shared.problems import KINDS, Problem


class BoundedRequest(Request):
    """A request whose body may have at most `body_limit` bytes, a setting, and at most `most` if that is less."""

    most: int | None = None
    too_large = f"{KINDS[413][1]}."

    async def body(self) -> bytes:
        """The body. Raises Problem 413 before more is in memory, and 503 while too many bodies are on their way."""
        if not hasattr(self, "_body"):
            limit: int = self.app.state.settings.body_limit
            most = limit if self.most is None else min(limit, self.most)
            read = bytearray()
            with until_body(self):
                async for chunk in self.stream():
                    read += chunk
                    if len(read) > most:
                        raise Problem(413, KINDS[413][0], self.too_large)
            self._body = bytes(read)
        return self._body
