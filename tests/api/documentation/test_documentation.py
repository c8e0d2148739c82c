"""/docs works without a network and without inline scripts, and can be switched off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from api.documentation.pages import FILES
from infra.processes.parts import opened
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import SETTINGS, World


class Page(HTMLParser):
    """What a page loads, and what is written into it and would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded, self.inline = list[str](), list[str]()
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._script = tag in ("script", "style") and "src" not in given
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag in ("script", "link", "img"):
            self.loaded.append(given.get("src") or given.get("href") or "")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.inline.append(data)


@pytest.fixture
def stranger(world: World) -> Iterator[Client]:
    client = Client(world.app)
    yield client
    client.close()


def policy(stranger: Client, path: str) -> dict[str, list[str]]:
    directives = stranger.get(path).headers["Content-Security-Policy"].split(";")
    return {name: sources for name, *sources in (one.split() for one in directives)}


def test_the_page_loads_only_files_of_this_server_and_has_nothing_inline(stranger: Client) -> None:
    answer = stranger.get("/docs")
    page = Page(answer.text)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.inline == []
    assert {f"/{one}" for one in page.loaded if one != "data:,"} == FILES.keys() - {"/docs"}


def test_the_policy_of_the_page_allows_what_the_page_needs_and_no_more(stranger: Client) -> None:
    assert policy(stranger, "/docs") == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }


def test_the_files_have_the_type_that_a_browser_needs_and_are_sent_again_only_if_they_changed(stranger: Client) -> None:
    for path, (file, media_type) in FILES.items():
        answer = stranger.get(path)
        assert (answer.status_code, answer.content) == (200, file.read_bytes())
        assert answer.headers["Content-Type"].startswith(media_type)
        assert answer.headers["Cache-Control"] == "no-cache"
        again = stranger.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_openapi_document_is_made_once(world: World, stranger: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = stranger.get("/openapi.json")
    assert json.loads(answer.content) == world.app.openapi()
    monkeypatch.setattr(type(world.app), "openapi", None)
    assert stranger.get("/openapi.json").content == answer.content
    assert stranger.get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_documentation_can_be_switched_off(tmp_path: Path) -> None:
    settings = Settings.model_validate(SETTINGS | {"home": tmp_path, "docs": "false"})
    with opened(settings) as parts, parts.application() as app:
        client = Client(app)
        for path in (*FILES, "/openapi.json"):
            assert client.get(path).status_code == 404
        assert client.get("/health/live").status_code == 200
        client.close()
