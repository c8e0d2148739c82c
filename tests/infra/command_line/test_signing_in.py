"""Browsers sign in with the links of real servers. A session is known to all workers, and outlives them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from infra.command_line.hints import signed_in
from tests.infra.command_line.test_rolling_restart import Workers
from tests.infra.recount import Running, recount
from tests.waiting import PATIENCE, wait_until

SIGN_IN = "sign-in="


class Browser:
    """Keeps its session's cookie and CSRF token, and can send them to any worker."""

    def __init__(self) -> None:
        self._http = httpx.Client(timeout=PATIENCE)

    def sign_in(self, link: str, url: str | None = None) -> httpx.Response:
        """Opens the link, or its token at another worker's `url`."""
        parts = urlsplit(link)
        answer = self._http.post(
            f"{url or f'{parts.scheme}://{parts.netloc}'}/v1/sessions", json={"link": parts.fragment.removeprefix(SIGN_IN)}
        )
        if answer.status_code == 201:
            self._http.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return answer

    def me(self, url: str) -> int:
        return self._http.get(f"{url}/v1/me").status_code

    def register(self, url: str) -> int:
        return self._http.post(f"{url}/v1/customers", json={"name": "Ada"}).status_code

    def sign_out(self, url: str) -> None:
        """Signs out, and keeps a copy of the cookie."""
        copy = dict(self._http.cookies)
        self._http.delete(f"{url}/v1/sessions/current").raise_for_status()
        self._http.cookies.update(copy)

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.close()


@pytest.mark.parametrize(
    ("url", "browsed"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("http://[::]:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://crm.example.org/", "https://crm.example.org"),
    ],
)
def test_a_link_leads_to_an_address_that_a_browser_opens(url: str, browsed: str) -> None:
    assert signed_in(url, "rl_x") == f"{browsed}/#sign-in=rl_x"


def test_a_link_made_before_the_start_signs_in_once_and_the_session_outlives_a_restart(
    serve: Callable[..., Running], variables: dict[str, str], browser: Browser
) -> None:
    made = recount(variables, "sign-in", "--url", "https://crm.example.org/", "--json")
    assert made.status == 0, made.errors
    assert made.answer["url"].startswith("https://crm.example.org/#sign-in=rl_")
    first = serve()
    answer = browser.sign_in(made.answer["url"], first.url)
    assert (answer.status_code, answer.json()["name"]) == (201, "console")
    assert browser.sign_in(made.answer["url"], first.url).json()["type"] == "/problems/link-used"
    assert first.end() == 0
    second = serve()
    assert browser.register(second.url) == 201
    browser.sign_out(second.url)
    assert browser.me(second.url) == 401


@pytest.fixture
def workers(tmp_path: Path, prepared_database_url: str) -> Iterator[Workers]:
    workers = Workers(tmp_path, prepared_database_url)
    yield workers
    for each in workers.running:
        each.process.kill()
        each.process.wait()


@pytest.mark.servers
def test_two_workers_and_their_successors_share_sessions_links_and_sign_outs(workers: Workers, browser: Browser) -> None:
    made = recount(workers.settings[0], "sign-in", "--json")
    assert made.status == 0, made.errors
    link = made.answer["url"]
    one, other = (worker.url for worker in workers.running)
    assert link.startswith(f"{one}/#sign-in=")
    assert browser.sign_in(link).status_code == 201
    assert Browser().sign_in(link, other).json()["type"] == "/problems/link-used"
    assert (browser.register(other), browser.register(one)) == (201, 201)
    workers.restart(0)
    assert browser.register(one) == 201
    began = time.monotonic()
    browser.sign_out(one)
    wait_until(lambda: browser.me(other) == 401, "the other worker knows the sign-out")
    assert time.monotonic() - began < 1 + 5
    assert browser.me(one) == 401
