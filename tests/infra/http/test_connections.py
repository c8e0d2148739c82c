"""How many connections there may be, and who is closed when there is no room for another one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from infra.http.connections import UNREAD
from infra.processes.measuring import measured
from infra.settings import Settings
from tests.infra.http.conftest import LARGE, Application
from tests.infra.raw_http import GET, Raw, raw
from tests.infra.recount import free_port
from tests.waiting import wait_until

On = Callable[..., str]

HOLD = b"GET /hold HTTP/1.1\r\nHost: recount\r\n\r\n"
LIMIT = 8
FEW_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (600, 700))
from infra.http.connections import Connections
from infra.settings import Settings
print(Connections(Settings(connection_limit={wanted})).limit, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@contextmanager
def several(url: str, count: int, *pieces: bytes) -> Iterator[list[Raw]]:
    """Connections, opened one after another. On each one these pieces were sent."""
    with ExitStack() as stack:
        connections = []
        for _ in range(count):
            connections.append(stack.enter_context(raw(url)))
            connections[-1].send(*pieces)
        yield connections


def test_a_new_connection_takes_the_place_of_the_one_that_waited_longest_for_a_request(on: On) -> None:
    url = on(connection_limit=LIMIT)
    with several(url, LIMIT, GET) as waiting:
        assert [one.answer().status for one in waiting] == [200] * LIMIT
        waiting[0].send(GET)
        assert waiting[0].answer().status == 200
        with raw(url) as new:
            new.send(GET)
            assert new.answer().status == 200
            assert waiting[1].is_closed()
            waiting[0].send(GET)
            assert waiting[0].answer().status == 200


def test_half_sent_heads_keep_nobody_out(on: On) -> None:
    url = on(connection_limit=LIMIT)
    with several(url, LIMIT, GET + b"GET / HTTP/1.1\r\nHo") as half:
        # Once the first request is answered, the server knows the half head that came with it.
        assert [one.answer().status for one in half] == [200] * LIMIT
        with raw(url) as new:
            new.send(GET)
            assert new.answer().status == 200
        refused = half[0].answer()
        assert (refused.problem["type"], refused.headers["retry-after"]) == ("/problems/too-many-connections", "1")
        assert half[0].is_closed()


def test_a_connection_beyond_the_limit_is_refused_while_all_others_have_requests_in_progress(
    on: On, application: Application
) -> None:
    url = on(connection_limit=LIMIT)
    with several(url, LIMIT, HOLD) as busy:
        wait_until(lambda: application.holding == LIMIT, "all requests are in progress")
        with several(url, 40, b"POST / HTTP/1.1\r\nHost: recount\r\nContent-Length: 500000\r\n\r\n") as beyond:
            for connection in beyond:
                connection.send_until_refused(b"a" * 4096, 400_000)
                refused = connection.answer()
                assert (refused.status, refused.headers["retry-after"]) == (503, "1")
                assert refused.problem["type"] == "/problems/too-many-connections"
                assert connection.is_closed()
        application.release()
        assert [one.answer().status for one in busy] == [200] * LIMIT


def test_a_crowd_of_refused_connections_is_bounded_and_goes_away(on: On, application: Application) -> None:
    url = on(connection_limit=1)
    with several(url, 1, HOLD) as busy:
        wait_until(lambda: application.holding, "the request is in progress")
        with several(url, 400) as beyond:
            assert all(_is_refused_or_reset(one) for one in beyond)
        application.release()
        assert busy[0].answer().status == 200
    wait_until(lambda: _answers(url), "there is room again")


def _is_refused_or_reset(connection: Raw) -> bool:
    try:
        return connection.answer().status == 503
    except (EOFError, ConnectionResetError):
        return True


def _answers(url: str) -> bool:
    with raw(url) as connection:
        connection.send(GET)
        return connection.answer().status == 200


def test_a_rest_of_a_body_that_was_answered_early_keeps_nobody_out(on: On) -> None:
    url = on(connection_limit=LIMIT)
    with several(url, LIMIT, b"POST /early HTTP/1.1\r\nHost: recount\r\nContent-Length: 9\r\n\r\n") as early:
        assert {one.answer().status for one in early} == {200}
        assert _answers(url)
        assert early[0].is_closed()


def test_answers_that_nobody_reads_are_bounded_for_all_together(on: On) -> None:
    with several(on(), 2 * UNREAD // LARGE, b"GET /whole HTTP/1.1\r\nHost: recount\r\n\r\n") as unread:
        last = unread[-1].answer()
        assert len(last.body) == LARGE
        with pytest.raises(ConnectionResetError):
            unread[0].answer()


def test_the_limit_of_open_files_is_raised_for_the_connections() -> None:
    assert _with_few_files(wanted=150).stdout == "150 662\n"


def test_the_log_says_that_the_limit_of_open_files_is_too_low() -> None:
    ended = _with_few_files(wanted=1000)
    assert ended.stdout.splitlines()[-1] == "188 700"
    assert "RECOUNT_CONNECTION_LIMIT" in ended.stdout
    assert "open_files_needed=1512" in ended.stdout


def _with_few_files(wanted: int) -> subprocess.CompletedProcess[str]:
    script = FEW_FILES.format(wanted=wanted)
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"NO_COLOR": "1", "PYTHONPATH": "."}
    )


def test_the_port_for_metrics_has_the_same_bounds(tmp_path: Path) -> None:
    settings = Settings(metrics_port=free_port(tmp_path), head_timeout=0.3, first_byte_timeout=0.3)
    url = f"http://127.0.0.1:{settings.metrics_port}"
    with measured(settings):
        with several(url, 100, b"GET / HTTP/1.1\r\nHo") as half:
            assert _metrics(url)
            assert {one.answer().status for one in half} == {408, 503}
        with raw(url) as endless:
            endless.send(b"GET / HTTP/1.1\r\nX: ")
            endless.send_until_refused(b"a" * 4096, most=16 * 1024 * 1024)
            assert endless.answer().status == 431
        assert "recount_http_refusals_total" in _metrics(url)


def _metrics(url: str) -> str:
    with raw(url) as connection:
        connection.send(b"GET /metrics HTTP/1.1\r\nHost: recount\r\n\r\n")
        return connection.answer().body.decode()
