"""A receiver cannot hold a message up, show what others answer, or lead the connection elsewhere."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.webhooks import receiver
from infra.webhooks.addresses import EVERYTHING, PUBLIC, Reach
from infra.webhooks.message import Message
from infra.webhooks.receiver import Undelivered, misplaced, reached, resolver

ANYWHERE = Reach(EVERYTHING, http=True)
HELLO = Message(b"{}", {"webhook-id": "msg_1"})
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def sent(answer: Answer, scheme: str = "http", reach: Reach = ANYWHERE, tls: ssl.SSLContext | None = None) -> Any:
    """The status, or the reason why the message was not delivered, with a server that answers so."""

    async def send() -> int | str:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        try:
            async with reached(url, reach, resolver(1)) as one:
                return await one.post(HELLO)
        except Undelivered as error:
            return str(error)
        finally:
            server.close()

    return asyncio.run(send())


def answering(*parts: bytes, pause: float = 0, forever: bool = False) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for part in parts:
                writer.write(part)
            while forever:
                writer.write(parts[-1])
                await writer.drain()
                await asyncio.sleep(pause)
            await writer.drain()
        except ConnectionError:
            """The sender has gone, as it should."""
        finally:
            writer.close()

    return answer


def test_what_a_service_answers_that_is_not_http_is_not_shown() -> None:
    reason = sent(answering(b"SSH-2.0-OpenSSH_9.9 secret banner\r\n"))
    assert reason == "The receiver did not answer with valid HTTP."


def test_an_answer_that_never_ends_is_accepted_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
    assert sent(answering(head, b"x" * 10_000, forever=True)) == 200


@pytest.mark.parametrize(
    "parts", [(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x")]
)
def test_an_answer_byte_by_byte_ends_with_the_time(monkeypatch: pytest.MonkeyPatch, parts: tuple[bytes, ...]) -> None:
    monkeypatch.setattr(receiver, "SECONDS", 0.3)
    assert sent(answering(*parts, pause=0.02, forever=True)) == "The receiver did not answer within 0.3 s."


def test_a_certificate_must_be_valid(tmp_path: Path) -> None:
    ok = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert "CERTIFICATE_VERIFY_FAILED" in sent(ok, "https", tls=own_certificate(tmp_path))
    assert sent(ok) == 200


def test_a_url_without_tls_and_an_address_that_is_not_public_need_a_setting() -> None:
    ok = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert "RECOUNT_WEBHOOK_HTTP" in sent(ok, reach=Reach(EVERYTHING))
    assert "RECOUNT_WEBHOOK_NETWORKS" in sent(ok, reach=Reach(http=True))
    assert "RECOUNT_WEBHOOK_NETWORKS" in sent(ok, "https", PUBLIC)


def test_a_name_with_a_public_and_a_private_address_is_refused_and_each_connection_looks_it_up_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So a name that changes between check and call leads nowhere else."""
    asked: list[str] = []

    def both(host: str, *_: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]

    async def connect() -> None:
        async with reached("https://rebinding.example/", PUBLIC, resolver(1)):
            raise AssertionError

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(Undelivered, match="not public"):
        asyncio.run(connect())
    assert asked == ["rebinding.example"]
    reason = asyncio.run(misplaced("https://rebinding.example/", PUBLIC, resolver(1)))
    assert reason is not None
    assert "10.0.0.1" not in reason


def test_an_international_name_is_looked_up_as_the_url_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`xn--fa-hia.de` is faß.de. By the rules of 2003, which Python has, that would be fass.de, which belongs to others."""
    asked: list[str] = []

    def found(host: str, *_: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", ("93.184.216.34", 443))]

    async def connect() -> Any:
        async with reached("https://xn--fa-hia.de/", PUBLIC, resolver(1)) as one:
            return one._extensions

    monkeypatch.setattr(socket, "getaddrinfo", found)
    assert asyncio.run(connect()) == {"sni_hostname": "xn--fa-hia.de"}
    assert asyncio.run(misplaced("https://xn--fa-hia.de/", PUBLIC, resolver(1))) is None
    assert asked == ["xn--fa-hia.de"] * 2


def own_certificate(folder: Path) -> ssl.SSLContext:
    """The TLS of a server whose certificate nobody else signed."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "own.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
