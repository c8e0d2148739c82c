"""Answers of the HTTP server itself, to requests that never reach the application. Each is a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import msgspec
from httptools import HttpParserError
from prometheus_client import Counter

from api.shared.safe_headers import PLAIN

RETRY_SECONDS = 1

refusal_counter = Counter(
    "recount_http_refusals_total",
    "Requests and connections that the HTTP server refused or ended, by reason.",
    ["reason"],
)


class Refusal(msgspec.Struct, frozen=True):
    """The refusal of a request. `type` is the last part of the problem's type."""

    status: int
    type: str
    title: str
    detail: str

    def answer(self, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The whole answer, with these headers and those of every answer. It says that the connection is closed afterwards."""
        document = {"type": f"/problems/{self.type}", "title": self.title, "status": self.status, "detail": self.detail}
        body = msgspec.json.encode(document)
        lines = [
            b"HTTP/1.1 %d %b" % (self.status, HTTPStatus(self.status).phrase.encode()),
            *(b"%b: %b" % header for header in (*headers, *PLAIN)),
            b"content-type: application/problem+json",
            b"content-length: %d" % len(body),
            b"connection: close",
        ]
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            lines.append(b"retry-after: %d" % RETRY_SECONDS)
        return b"\r\n".join([*lines, b"", body])


class Refused(Exception):
    """Raised while a request is parsed: ends the parsing."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def malformed(detail: str) -> Refusal:
    return Refusal(400, "malformed-request", "The request is malformed", detail)


def reason(error: HttpParserError) -> Refusal:
    """Why the parsing ended: by a refusal of ours, or by one of httptools, which says what is malformed."""
    cause = error.__context__
    if isinstance(cause, Refused):
        return cause.refusal
    return malformed("The target of the request is malformed." if cause else f"{error}.")


TARGET_TOO_LONG = Refusal(414, "target-too-long", "The target is too long", "The path and the query together are too long.")
HEAD_TOO_LARGE = Refusal(431, "head-too-large", "The head is too large", "The target and the headers together are too large.")
TOO_MANY_HEADERS = Refusal(431, "head-too-large", "The head is too large", "The request has too many headers.")
CHUNKS_TOO_SMALL = Refusal(
    413, "too-large", "The body is too large", "The body is sent in too small chunks, or with too much between them."
)
HEAD_TOO_SLOW = Refusal(408, "too-slow", "The request took too long", "The head of the request did not arrive in time.")
BODY_TOO_SLOW = Refusal(408, "too-slow", "The request took too long", "The body of the request did not arrive in time.")
OTHER_CODING = Refusal(501, "coding-not-supported", "Not supported", "The only supported transfer coding is chunked.")
UPGRADE = Refusal(
    501, "upgrade-not-supported", "Not supported", "There are no tunnels, and no upgrades of requests that have a body."
)
OTHER_VERSION = Refusal(505, "version-not-supported", "Not supported", "The supported versions are HTTP/1.1 and HTTP/1.0.")
FULL = Refusal(503, "too-many-connections", "Temporarily unavailable", "The server has too many connections.")
ENDING = Refusal(
    503,
    "ending",
    "Temporarily unavailable",
    "The server ends before the request did. Send it again; a command with the same Idempotency-Key, to learn its outcome.",
)
PIPELINE_FULL = Refusal(503, "too-many-requests", "Temporarily unavailable", "Too many requests wait on this connection.")
