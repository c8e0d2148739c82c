"""Invalid paths and queries on the real HTTP server, which decodes paths itself and less strictly."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from tests.api.conftest import World
from tests.api.served import served


def status(url: str, target: bytes, key: str) -> int:
    """The status of the answer to GET with exactly these bytes."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port or 80)) as connection:
        head = b"GET " + target + b" HTTP/1.1\r\nHost: recount\r\nConnection: close\r\nAuthorization: " + key.encode()
        connection.sendall(head + b"\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/v1/customers/by/shop/%ff", 400),
        (b"/v1/customers/by/shop/a%0a", 400),
        (b"/v1/teams/%c2%85", 400),
        (b"/v1/customers/by/shop/caf\xc3\xa9", 400),
        (b"/v1/customers/by/shop/caf%c3%a9", 404),
        (b"/v1/customers%0a", 404),
        (b"/%ff", 404),
        (b"/v1/customers?owner=%ff", 422),
        (b"/v1/customers?owner=%00", 422),
        (b"/v1/customers?owner=caf%c3%a9", 200),
    ],
)
def test_what_is_not_text_is_refused_by_the_real_server_too(world: World, target: bytes, expected: int) -> None:
    with served(world.app) as url:
        assert status(url, target, world.admin["Authorization"]) == expected
