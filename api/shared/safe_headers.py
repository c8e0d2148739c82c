"""Headers that every answer has: they tell browsers and caches to keep, to guess and to run nothing."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What the answer itself states takes precedence.
DEFAULTS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
PLAIN = (*DEFAULTS, *ALWAYS)


class SafeHeaders:
    """Adds the headers to each answer, also to problem documents and to streams. It belongs around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_missing(message["headers"])]}
            await send(message)

        await self._app(scope, receive, send_safely)


def _missing(headers: list[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """The headers to add. Nearly all answers state none of them."""
    names = {name for name, _ in headers}
    stated = [header for header in DEFAULTS if header[0] in names]
    return tuple(header for header in PLAIN if header not in stated) if stated else PLAIN
