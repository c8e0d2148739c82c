"""Which heads of requests are refused although httptools, which is strict, can read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from infra.http import refusals
from infra.http.refusals import Refused, malformed

MOST_HEADERS = 100
# The characters of a host and its port (RFC 3986, 3.2). Blanks after it are not part of it.
_HOST = re.compile(rb"[\w.~!$&'()*+,;=%:\[\]-]*[ \t]*")

Headers = Sequence[tuple[bytes, bytes]]


def check(version: str, headers: Headers) -> bool:
    """Whether the request may have a body. Names of headers are in lower case.

    Raises Refused if another server could read the request differently, as RFC 9112 demands (3.2, 6.1), or if its version
    or its transfer coding is not supported.
    """
    names = [name for name, _ in headers]
    if names.count(b"host") != 1 and (version != "1.0" or b"host" in names):
        raise Refused(malformed("A request needs exactly one header Host."))
    if names.count(b"authorization") > 1:
        raise Refused(malformed("A request may have only one header Authorization."))
    if not _HOST.fullmatch(dict(headers).get(b"host", b"")):
        raise Refused(malformed("The header Host names no host."))
    if version not in ("1.1", "1.0"):
        raise Refused(refusals.OTHER_VERSION)
    if b"transfer-encoding" not in names:
        return b"content-length" in names
    if version == "1.0" or dict(headers)[b"transfer-encoding"].lower() != b"chunked":
        raise Refused(refusals.OTHER_CODING)
    return True


def size(url: bytes, headers: Headers) -> int:
    """Bytes of a head, without the rest of its request line."""
    return len(url) + sum(len(name) + len(value) + len(": \r\n") for name, value in headers)
