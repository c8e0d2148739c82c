"""Which heads of requests are refused although httptools, which is strict, can read them."""

from __future__ import annotations

from collections.abc import Sequence

from infra.processes import http_refusals
from infra.processes.http_refusals import Refused, malformed

MOST_HEADERS = 100

Headers = Sequence[tuple[bytes, bytes]]


def check(version: str, headers: Headers) -> bool:
    """Whether the request may have a body. Names of headers are in lower case.

    Raises Refused if another server could read the request differently, as RFC 9112 demands (3.2, 6.1), or if its version
    or its transfer coding is not supported.
    """
    names = [name for name, _ in headers]
    if names.count(b"host") != 1 and (version != "1.0" or b"host" in names):
        raise Refused(malformed("A request needs exactly one header Host."))
    if version not in ("1.1", "1.0"):
        raise Refused(http_refusals.OTHER_VERSION)
    if b"transfer-encoding" not in names:
        return b"content-length" in names
    if version == "1.0" or dict(headers)[b"transfer-encoding"].lower() != b"chunked":
        raise Refused(http_refusals.OTHER_CODING)
    return True


def size(url: bytes, headers: Headers) -> int:
    """Bytes of a head, without the rest of its request line."""
    return len(url) + sum(len(name) + len(value) + len(": \r\n") for name, value in headers)
