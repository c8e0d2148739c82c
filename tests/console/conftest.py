"""A server with the CDNOW sample and a browser for all tests of the console; each test has its own reader.

A machine without a browser leaves these tests out, and says so. With RECOUNT_TEST_BROWSER=required it fails them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.console import browsers
from tests.console.site import Site, started

REQUIRED = os.environ.get("RECOUNT_TEST_BROWSER") == "required"
# A part of the sample: every worker that runs such tests imports it.
PURCHASES = 1_500
# Milliseconds until an expectation fails. Pages answer in a fraction of a second; a busy machine takes longer.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


class Reader:
    """A person at a browser. What the browser complained of, and hosts that it asked for something, are remembered."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints, self.asked = list[str](), list[str]()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._requested)

    def _heard(self, message: ConsoleMessage) -> None:
        # A refusal of the API is shown by the page; the browser writes a line about it too.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _requested(self, request: Request) -> None:
        self.asked.append(request.url)

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def sign_in(self, key: str) -> None:
        self.open("/")
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation")).to_be_visible()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """It ends with the file: while it runs, an event loop of its driver runs in this thread, and other tests need their own."""
    if browsers.path() is None and not REQUIRED:
        pytest.skip("this machine has no Chromium or Chrome")
    with browsers.started() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with started(tmp_path_factory.mktemp("console") / "home", PURCHASES) as site:
        yield site


@pytest.fixture
def api(site: Site) -> httpx.Client:
    """The API, with an admin's key."""
    return site.api


@pytest.fixture
def reader(browser: Browser, site: Site) -> Iterator[Reader]:
    """Someone who has not signed in. At the end, the browser has complained of nothing and asked no other host."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", viewport={"width": 1360, "height": 900})
    reader = Reader(context.new_page(), site.url)
    yield reader
    context.close()
    assert reader.complaints == []
    assert [url for url in reader.asked if not url.startswith((site.url, "data:", "blob:"))] == []


@pytest.fixture
def admin(reader: Reader, site: Site) -> Reader:
    reader.sign_in(site.key("admin"))
    return reader
