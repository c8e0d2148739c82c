"""What the HTTP server refuses before it is a request: too large, ambiguous, or more than is due."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.shared.safe_headers import PLAIN
from tests.infra.http.conftest import Application
from tests.infra.raw_http import GET, Answer, raw
from tests.waiting import wait_until

On = Callable[..., str]

POST = b"POST / HTTP/1.1\r\nHost: recount\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LIMIT = 32 * 1024
MEGABYTE = 1024 * 1024

AMBIGUOUS = {
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a folded line": POST + b"X: a\r\n b\r\n\r\n",
    "a folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": POST + b"Content-Length : 5\r\n\r\nhello",
    "a blank before the first header": b"GET / HTTP/1.1\r\n Host: recount\r\n\r\n",
    "lines without CR": b"GET / HTTP/1.1\nHost: recount\n\n",
    "CR without LF": POST + b"X: a\rContent-Length: 5\r\n\r\nhello",
    "NUL in a value": POST + b"X: a\x00b\r\n\r\n",
    "chunks that are not the last coding": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a size of a chunk with a blank": CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n",
    "a size of a chunk in C": CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"5\r\nhello!\r\n0\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two hosts in HTTP/1.0": b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: recount/<a>\r\n\r\n",
    "a host with a blank": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "two keys": b"GET / HTTP/1.1\r\nHost: recount\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "a target without a path": b"GET http:// HTTP/1.1\r\nHost: recount\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00",
}
NOT_SUPPORTED = {
    "another coding": (501, POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    "chunks in HTTP/1.0": (501, b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "an upgrade with a body": (501, POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 25\r\n\r\n" + GET),
    "a tunnel": (501, b"CONNECT recount:80 HTTP/1.1\r\nHost: recount\r\n\r\n" + GET),
    "HTTP/0.9": (505, b"GET / HTTP/0.9\r\nHost: recount\r\n\r\n"),
}
TOO_LARGE = {
    "an endless header": (431, b"GET / HTTP/1.1\r\nHost: recount\r\nX: ", b"a" * 4096),
    "an endless name of a header": (431, b"GET / HTTP/1.1\r\nHost: recount\r\n", b"a" * 4096),
    "endless headers": (431, b"GET / HTTP/1.1\r\nHost: recount\r\n", b"X: a\r\n"),
    "an endless target": (414, b"GET /", b"a" * 4096),
    "endless blank lines before the request": (431, b"", b"\r\n" * 2048),
    "an endless extension of a chunk": (413, CHUNKED + b"5;a=", b"a" * 4096),
    "endless trailers": (413, CHUNKED + b"5\r\nhello\r\n0\r\n", b"X: " + b"a" * 4096 + b"\r\n"),
    "an endless trailer": (413, CHUNKED + b"5\r\nhello\r\n0\r\nX: ", b"a" * 4096),
    "endless chunks of one byte": (413, CHUNKED, b"1\r\na\r\n" * 512),
}


def received(answer: Answer) -> dict[str, object]:
    """What the application received."""
    assert answer.status == 200
    return msgspec.json.decode(answer.body, type=dict[str, object])


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_a_request_that_two_servers_could_read_differently_is_refused(
    on: On, application: Application, request_: bytes
) -> None:
    with raw(on()) as connection:
        connection.send(request_ + GET)
        answer = connection.answer()
        assert (answer.status, answer.problem["type"]) == (400, "/problems/malformed-request")
        assert answer.headers["connection"] == "close"
        assert {name.decode(): value.decode() for name, value in PLAIN}.items() <= answer.headers.items()
        assert connection.is_closed()
    assert not {"GET /"} & set(application.seen), "what follows is not a request"


@pytest.mark.parametrize("host", ["", "recount:8000", "[::1]:80", "xn--bcher-kva.example", "127.0.0.1 "])
def test_a_host_in_any_form_is_accepted(on: On, host: str) -> None:
    with raw(on()) as connection:
        connection.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert connection.answer().status == 200


@pytest.mark.parametrize(("status", "request_"), NOT_SUPPORTED.values(), ids=NOT_SUPPORTED.keys())
def test_a_request_in_a_form_that_is_not_supported_never_reaches_the_application(
    on: On, application: Application, status: int, request_: bytes
) -> None:
    with raw(on()) as connection:
        connection.send(request_)
        assert connection.answer().problem["status"] == status
        assert connection.is_closed()
    assert application.seen == []


@pytest.mark.parametrize(("status", "begin", "piece"), TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_what_never_ends_is_refused_and_the_refusal_can_be_read_while_it_is_sent(
    on: On, status: int, begin: bytes, piece: bytes
) -> None:
    with raw(on(head_limit=LIMIT)) as connection:
        connection.send(begin)
        sent = connection.send_until_refused(piece, most=64 * MEGABYTE)
        assert sent < 16 * MEGABYTE
        assert connection.answer().problem["status"] == status
        assert connection.is_closed()


def test_a_head_may_be_as_large_as_the_limit_however_it_is_sent(on: On) -> None:
    url = on(head_limit=4096)
    begin, end = b"GET / HTTP/1.1\r\nHost: recount\r\nX: ", b"\r\n\r\n"
    fits = begin + b"a" * (4096 - len(begin + end)) + end
    too_large = begin + b"a" * 4096 + end
    for body in (b"", b"a" * 60_000):
        more = b"Content-Length: %d\r\n\r\n" % len(body) + body if body else b"\r\n"
        for head, status in ((fits, 200 if not body else 431), (too_large, 431)):
            with raw(url) as connection:
                connection.send(head[:-2] + more)
                assert connection.answer().status == status
    with raw(url) as connection:
        connection.send(GET + too_large)
        assert received(connection.answer())
        assert connection.is_closed()


def test_a_large_body_does_not_count_as_a_head(on: On) -> None:
    with raw(on(head_limit=1024)) as connection:
        for _ in range(2):
            connection.send(POST + b"Content-Length: 60000\r\n\r\n" + b"a" * 60_000)
            assert received(connection.answer())["body"] == "a" * 60_000


def test_a_body_in_lines_as_chunks_is_accepted(on: On) -> None:
    line = b'{"kind": "person", "name": "Ada"}\n'
    with raw(on(head_limit=1024)) as connection:
        connection.send(CHUNKED, *[b"%x\r\n%b\r\n" % (len(line), line)] * 3000, b"0\r\n\r\n")
        assert received(connection.answer())["body"] == line.decode() * 3000


def test_a_trailer_is_not_a_header(on: On) -> None:
    with raw(on()) as connection:
        connection.send(CHUNKED + b"5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\n\r\n")
        assert received(connection.answer()) == {"path": "/", "headers": ["host", "transfer-encoding"], "body": "hello"}


def test_an_upgrade_is_not_granted_and_the_request_is_answered(on: On, application: Application) -> None:
    with raw(on()) as connection:
        connection.send(b"GET /a HTTP/1.1\r\nHost: recount\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n" + GET)
        assert received(connection.answer())["path"] == "/a"
        assert connection.is_closed()
    assert application.seen == ["GET /a"]


def test_requests_sent_at_once_are_answered_in_order_up_to_a_limit(on: On) -> None:
    with raw(on()) as connection:
        connection.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: recount\r\n\r\n" % number for number in range(1000)))
        assert [received(connection.answer())["path"] for _ in range(9)] == [f"/{number}" for number in range(9)]
        assert connection.is_closed()


def test_requests_sent_while_another_one_takes_long_do_not_pile_up(on: On, application: Application) -> None:
    with raw(on()) as connection:
        connection.send(b"GET /hold HTTP/1.1\r\nHost: recount\r\n\r\n" + GET * 100)
        wait_until(lambda: application.holding, "the first request is in progress")
        connection.send(*[b"a" * 65536] * 64)
        application.release()
        assert [connection.answer().status for _ in range(9)] == [200] * 9
        assert connection.is_closed()


@pytest.mark.parametrize(
    "second", ["nonsense\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"]
)
def test_a_malformed_request_leaves_the_answer_to_the_one_before_whole(on: On, application: Application, second: str) -> None:
    with raw(on()) as connection:
        connection.send(b"GET /large HTTP/1.1\r\nHost: recount\r\n\r\n", second.encode())
        answer = connection.answer()
        assert (answer.status, len(answer.body)) == (200, int(answer.headers["content-length"]))
        assert connection.is_closed()
    wait_until(lambda: application.seen == ["GET /large", "sent"], "only the first request reaches the application")


def test_the_application_learns_that_a_body_was_refused(on: On, application: Application) -> None:
    with raw(on()) as connection:
        connection.send(CHUNKED + b"5\r\nhello\r\n")
        connection.send(b"nonsense\r\n")
        assert connection.answer().status == 400
        assert connection.is_closed()
    wait_until(lambda: application.seen == ["POST /", "gone"], "the application learns it")


WHOLE = POST + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=8).map(sorted))
def test_a_request_means_the_same_in_whatever_pieces_it_comes(once: str, cuts: list[int]) -> None:
    with raw(once) as connection:
        connection.send(*(WHOLE[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(WHOLE)], strict=True)))
        assert received(connection.answer())["body"] == "hello"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([GET, POST, CHUNKED, b"5\r\nhello\r\n", b"0\r\n\r\n", b"\r\n", b"Content-Length: 3\r\n", b"X: y\r\n"])
        | st.binary(max_size=40),
        max_size=8,
    )
)
def test_whatever_is_sent_every_answer_is_whole_and_others_are_answered(once: str, pieces: list[bytes]) -> None:
    with raw(once) as connection, raw(once) as other:
        try:
            connection.send(*pieces, b"\r\n\r\n\xff")
            while connection.answer().status == 200:
                pass
        except (EOFError, ConnectionError):
            pass
        other.send(GET)
        assert received(other.answer())


@pytest.fixture
def once(on: On, request: pytest.FixtureRequest) -> str:
    """One server for all examples of a property."""
    return on(head_timeout=0.5, first_byte_timeout=0.5, body_timeout=0.5, keep_alive_timeout=0.5)
