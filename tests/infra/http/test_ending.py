"""How a server ends: it drains, takes no more, and answers what is left."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import cast

import httpx
import pytest

from infra.http import server
from infra.http.connections import Connections
from infra.http.listening import bound
from infra.http.protocol import LINGER
from infra.http.server import Server
from infra.settings import Settings
from tests.infra.http.conftest import Application
from tests.waiting import PATIENCE, wait_until

DRAIN = 0.5


@pytest.fixture
def application() -> Application:
    """Without the module's servers: each test here ends its own."""
    return Application()


class Ended:
    """A server in a thread, and what it has called."""

    def __init__(self, application: Application, **settings: object) -> None:
        self.called: list[str] = []

        def note(step: str) -> Callable[[], None]:
            return lambda: self.called.append(step)

        steps = map(note, ("ready", "ending", "draining"))
        self.server = Server(application, Settings.model_validate(settings), *steps)
        self.url = ""

    def drains(self) -> bool:
        return cast(Connections, self.server.server_state).draining

    def ask(self) -> None:
        self.server.end(signal.SIGTERM)


@contextmanager
def serving(application: Application, **settings: object) -> Iterator[Ended]:
    ended = Ended(application, **settings)
    with ExitStack() as stack:
        listening = stack.enter_context(bound("127.0.0.1", 0, "PORT"))
        ended.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=ended.server.run, args=([listening],))
        thread.start()
        stack.callback(thread.join)
        stack.callback(ended.server.end_at_once)
        wait_until(lambda: ended.called, "the server is ready")
        yield ended


def test_while_it_drains_a_server_answers_everybody_for_the_last_time(application: Application) -> None:
    with serving(application, drain_seconds=DRAIN) as ended, httpx.Client(base_url=ended.url, timeout=PATIENCE) as known:
        assert "connection" not in known.get("/one").headers
        began = time.monotonic()
        ended.ask()
        wait_until(ended.drains, "it drains")
        assert ended.called == ["ready", "draining"]
        for answer in (known.get("/two"), httpx.get(f"{ended.url}/new")):
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        wait_until(lambda: "ending" in ended.called, "it takes no more")
        assert time.monotonic() - began >= DRAIN
        with pytest.raises(httpx.ConnectError):
            httpx.get(ended.url)


def test_a_request_in_progress_when_a_server_drains_is_the_last_on_its_connection(application: Application) -> None:
    with serving(application, drain_seconds=PATIENCE) as ended:
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{ended.url}/hold", timeout=PATIENCE)))
        asking.start()
        wait_until(lambda: application.holding, "the request is in progress")
        ended.ask()
        wait_until(ended.drains, "it drains")
        application.release()
        asking.join()
        assert (answers[0].status_code, answers[0].headers["connection"]) == (200, "close")


def test_each_further_signal_skips_a_step(application: Application) -> None:
    with serving(application, drain_seconds=PATIENCE) as ended:
        ended.ask()
        assert not ended.server.should_exit
        ended.ask()
        assert ended.server.should_exit
        assert not ended.server.force_exit
        ended.ask()
        assert ended.server.force_exit


@pytest.mark.parametrize(("grace", "signals"), [(LINGER + 0.3, 1), (PATIENCE, 2)], ids=["in time", "at the second signal"])
def test_what_is_still_in_progress_at_the_end_is_refused_and_not_cut_off(
    application: Application, monkeypatch: pytest.MonkeyPatch, grace: float, signals: int
) -> None:
    monkeypatch.setattr(server, "GRACE_SECONDS", grace)
    with serving(application) as ended:
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{ended.url}/hold", timeout=PATIENCE)))
        asking.start()
        wait_until(lambda: application.holding, "the request is in progress")
        for _ in range(signals):
            ended.ask()
            wait_until(lambda: "ending" in ended.called, "it takes no more")
        asking.join()
    assert (answers[0].status_code, answers[0].json()["type"]) == (503, "/problems/ending")
    assert answers[0].headers["retry-after"] == "1"
