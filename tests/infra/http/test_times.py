"""How long a connection may take for what, and that a request in progress is never cut off."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from infra.http.protocol import PIPELINED
from tests.infra.http.conftest import LARGE, Application
from tests.infra.raw_http import GET, Raw, raw
from tests.waiting import wait_until

On = Callable[..., str]

POST = b"POST / HTTP/1.1\r\nHost: recount\r\nContent-Length: 100\r\n\r\n"
SHORT = 0.3
MEGABYTE = 1024 * 1024
TIMES = ("first_byte_timeout", "head_timeout", "body_timeout", "send_timeout", "keep_alive_timeout")
# One time is short and all others are an hour, so that no other one ends the connection.
LONG: dict[str, float] = dict.fromkeys(TIMES, 3600.0)
ALL_SHORT = dict.fromkeys(TIMES, SHORT)


def test_a_connection_without_a_byte_is_closed(on: On) -> None:
    with raw(on(**LONG | {"first_byte_timeout": SHORT})) as connection:
        assert connection.is_closed()


def test_a_connection_without_another_request_is_closed(on: On) -> None:
    with raw(on(**LONG | {"keep_alive_timeout": SHORT})) as connection:
        connection.send(GET)
        assert connection.answer().status == 200
        assert connection.is_closed()


@pytest.mark.parametrize("before", [b"", GET], ids=["first", "second"])
def test_half_a_head_is_refused(on: On, before: bytes) -> None:
    with raw(on(**LONG | {"head_timeout": SHORT})) as connection:
        connection.send(before + b"GET / HTTP/1.1\r\nHo")
        if before:
            assert connection.answer().status == 200
        assert connection.answer().problem["type"] == "/problems/too-slow"
        assert connection.is_closed()


def test_a_head_that_comes_byte_by_byte_has_no_more_time(on: On) -> None:
    with raw(on(**LONG | {"head_timeout": SHORT})) as connection:
        connection.send(b"GET / HTTP/1.1\r\nX: ")
        begun = time.monotonic()
        connection.send_until_refused(b"a", most=20_000)
        assert time.monotonic() - begun < 60
        assert connection.answer().status in (408, 431)


@pytest.mark.parametrize("body", [b"", b"half of it"])
def test_half_a_body_is_refused_and_the_application_learns_it(on: On, application: Application, body: bytes) -> None:
    with raw(on(**LONG | {"body_timeout": SHORT})) as connection:
        connection.send(POST + body)
        assert connection.answer().problem["status"] == 408
        assert connection.is_closed()
    wait_until(lambda: application.seen == ["POST /", "gone"], "the application learns it")


def test_the_rest_of_a_body_that_was_answered_early_does_not_keep_the_connection(on: On) -> None:
    with raw(on(**LONG | {"body_timeout": SHORT})) as connection:
        connection.send(POST.replace(b"/ ", b"/early "))
        assert connection.answer().body == b"early"
        assert connection.is_closed()


def test_the_rest_of_a_body_that_was_answered_early_may_still_come(on: On) -> None:
    with raw(on()) as connection:
        connection.send(POST.replace(b"/ ", b"/early "))
        assert connection.answer().body == b"early"
        connection.send(b"a" * 100 + GET)
        assert connection.answer().status == 200


def test_a_body_that_comes_steadily_may_take_longer(on: On) -> None:
    with raw(on(**LONG | {"body_timeout": SHORT})) as connection:
        connection.send(POST.replace(b"100", b"40000"))
        for _ in range(10):
            connection.send(b"a" * 4000)
            time.sleep(0.1)
        assert connection.answer().status == 200


def test_a_client_that_does_not_read_its_answer_is_ended(on: On, application: Application) -> None:
    with raw(on(**LONG | {"send_timeout": SHORT}), receive_buffer=4096) as connection:
        connection.send(b"GET /large HTTP/1.1\r\nHost: recount\r\n\r\n")
        wait_until(lambda: "sent" in application.seen, "the application goes on")
        with pytest.raises(ConnectionResetError):
            connection.answer()


def test_a_client_that_does_not_read_many_small_answers_is_ended(on: On, application: Application) -> None:
    with raw(on(**LONG | {"send_timeout": SHORT}), receive_buffer=4096) as connection:
        request = b"POST / HTTP/1.1\r\nHost: recount\r\nContent-Length: 60000\r\n\r\n" + b"a" * 60_000
        with pytest.raises(ConnectionError):
            send_in_turn(connection, application, request, 1000)


def send_in_turn(connection: Raw, application: Application, request: bytes, count: int) -> None:
    """Send the request again and again, a few ahead of its answers: so many at once that the pipeline is full are refused."""

    def goes_on(number: int) -> bool:
        return len(application.seen) > number - PIPELINED // 2 or connection.is_reset()

    for number in range(count):
        wait_until(partial(goes_on, number), "the application has an earlier request, or the connection ends")
        connection.send(request)


def test_a_client_that_reads_its_answer_slowly_gets_all_of_it(on: On) -> None:
    with raw(on(**LONG | {"send_timeout": 1.0}), receive_buffer=65536) as connection:
        connection.send(b"GET /large HTTP/1.1\r\nHost: recount\r\n\r\n")
        connection.head()
        for _ in range(LARGE // MEGABYTE):
            assert len(connection.read(MEGABYTE)) == MEGABYTE
            time.sleep(0.05)
        connection.send(GET)
        assert connection.answer().status == 200


@pytest.mark.parametrize("together", [True, False], ids=["pipelined", "later"])
def test_a_request_is_not_in_progress_before_the_client_has_read_earlier_answers(
    on: On, application: Application, together: bool
) -> None:
    with raw(on(), receive_buffer=4096) as connection:
        requests = [b"GET /whole HTTP/1.1\r\nHost: recount\r\n\r\n", GET]
        connection.send(b"".join(requests) if together else requests[0])
        wait_until(lambda: application.seen == ["GET /whole"], "the first request is answered")
        if not together:
            connection.send(requests[1])
        time.sleep(SHORT)
        assert application.seen == ["GET /whole"]
        assert len(connection.answer().body) == LARGE
        assert connection.answer().status == 200
    assert application.seen == ["GET /whole", "GET /"]


def test_a_request_learns_that_its_client_is_gone_also_if_another_one_waits_behind_it(on: On, application: Application) -> None:
    with raw(on(), receive_buffer=4096) as connection:
        connection.send(b"GET /large HTTP/1.1\r\nHost: recount\r\n\r\n" + GET)
        connection.head()
    # The application sends all pieces: those for nobody are dropped. A write to a closed connection would be an error.
    wait_until(lambda: application.seen == ["GET /large", "sent"], "the application has ended")


def test_half_a_body_behind_an_answer_that_is_not_read_is_refused(on: On, application: Application) -> None:
    with raw(on(**LONG | {"body_timeout": SHORT}), receive_buffer=4096) as connection:
        connection.send(b"GET /whole HTTP/1.1\r\nHost: recount\r\n\r\n" + POST)
        time.sleep(4 * SHORT)
        assert len(connection.answer().body) == LARGE
        assert connection.answer().problem["status"] == 408
        assert connection.is_closed()
    assert application.seen == ["GET /whole"]


def test_a_request_in_progress_may_take_longer_than_all_times(on: On, application: Application) -> None:
    with raw(on(**ALL_SHORT)) as connection, raw(on(**ALL_SHORT)):
        connection.send(b"GET /hold HTTP/1.1\r\nHost: recount\r\n\r\n")
        wait_until(lambda: application.holding, "the request is in progress")
        time.sleep(3 * SHORT)
        application.release()
        assert connection.answer().status == 200
