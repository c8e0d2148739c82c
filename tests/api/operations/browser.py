"""A browser of the API in this process: it keeps its session's cookie, and sends the CSRF token with each request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from api.shared.sign_in_links import new_link
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import Headers

SESSIONS = "/v1/sessions"
CURRENT = f"{SESSIONS}/current"


class Browser(Client):
    """A caller that keeps the cookie it gets, and sends the CSRF token with each request once it is signed in."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app)
        self.cookies = self._http.cookies

    def sign_in(self, key: Headers | None = None, link: str | None = None) -> httpx.Response:
        answer = self.post(SESSIONS, {"link": link} if link else None, headers=key)
        if answer.status_code == 201:
            self._http.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return answer

    def take_over(self, answer: httpx.Response) -> None:
        """Goes on with the session that another worker has answered."""
        self.cookies.update({"recount_session": cookie(answer).value})
        self._http.headers["X-CSRF-Token"] = answer.json()["csrf_token"]

    @property
    def token(self) -> str:
        return str(self._http.headers["X-CSRF-Token"])

    def without_token(self, method: str, path: str, **options: Any) -> httpx.Response:
        token = self._http.headers.pop("X-CSRF-Token")
        try:
            return self.request(method, path, **options)
        finally:
            self._http.headers["X-CSRF-Token"] = token


@contextmanager
def browsing(app: FastAPI) -> Iterator[Browser]:
    browser = Browser(app)
    try:
        yield browser
    finally:
        browser.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def key_id(key: Headers) -> str:
    return str(UUID(hex=key["Authorization"].split("_")[1]))


def link_of(parts: Parts, key: UUID | None = None) -> str:
    return new_link(key, parts.deployment.store.secret)[0]


def cookie(answer: httpx.Response) -> Any:
    return SimpleCookie(answer.headers["Set-Cookie"])["recount_session"]
