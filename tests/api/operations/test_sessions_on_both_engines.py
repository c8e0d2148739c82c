"""A session is in the log: who signed in, who signed out, and which link was used. The log is one of two engines."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest
from fastapi import FastAPI

from api.shared import keys as checking
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import Headers, KeyFor, on_both_engines
from tests.api.customers.given_customers import seen
from tests.api.operations.browser import CURRENT, Browser, browsing, cookie, key_id, link_of, problem

pytestmark = on_both_engines


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with browsing(app) as browser:
        yield browser


@pytest.fixture
def other_worker(parts: Parts) -> Iterator[FastAPI]:
    """Another application on the same stores, which shares nothing in memory with the first one."""
    executor = parts.deployment.executor()
    with msgspec.structs.replace(parts, executor=executor).application() as app:
        yield app
    executor.close()


def test_a_key_is_exchanged_for_a_session_that_acts_as_the_key(browser: Browser, client: Client, key_for: KeyFor) -> None:
    key = key_for("agent")
    answer = browser.sign_in(key)
    assert answer.status_code == 201, answer.text
    assert answer.json() == browser.get("/v1/me").json()
    registered = browser.post("/v1/customers", {"name": "Ada"})
    assert registered.status_code == 201, registered.text
    event = client.get(f"/v1/events/{registered.headers['Position']}").json()
    assert event["metadata"]["actor"] == {"type": "api_key", "id": UUID(key_id(key)).hex}
    assert browser.get("/v1/keys").status_code == 403


def test_who_signs_out_is_signed_out_also_with_a_copy_of_the_cookie(
    browser: Browser, stranger: Client, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "REMEMBERED_SECONDS", -1.0)
    copy = {"Cookie": f"recount_session={cookie(browser.sign_in(admin)).value}"}
    assert stranger.get("/v1/me", headers=copy).status_code == 200
    answer = browser.delete(CURRENT)
    assert answer.status_code == 200, answer.text
    assert cookie(answer)["max-age"] == "0"
    assert not browser.cookies
    assert problem(stranger.get("/v1/me", headers=copy)) == (401, "session-ended")


def test_a_link_signs_the_operator_in_as_an_admin_once(app: FastAPI, parts: Parts, client: Client) -> None:
    link = link_of(parts)
    with browsing(app) as browser, browsing(app) as thief:
        me = browser.sign_in(link=link)
        assert me.status_code == 201, me.text
        assert (me.json()["name"], me.json()["roles"]) == ("console", ["admin"])
        assert browser.post("/v1/customers", {"name": "Ada"}).status_code == 201
        again = thief.sign_in(link=link)
        assert problem(again) == (401, "link-used")
        assert "recount sign-in prints a new one" in again.json()["detail"]
        assert browser.get("/v1/me").status_code == 200
    [listed] = [key for key in seen(client, "/v1/keys")["items"] if key["label"] == "console"]
    assert listed["key_id"] == me.json()["id"]


def test_two_workers_that_get_the_same_link_at_the_same_moment_open_one_session(
    app: FastAPI, other_worker: FastAPI, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that it was not used: the second one finds out when it commits."""
    store, link = parts.deployment.store, link_of(parts)
    opened, version = UUID(hex=link.split("_")[1]), store.version
    monkeypatch.setattr(store, "version", lambda stream: 0 if stream == opened else version(stream))
    with browsing(app) as one, browsing(other_worker) as other:
        answers = [browser.sign_in(link=link) for browser in (one, other)]
    assert answers[0].status_code == 201
    assert problem(answers[1]) == (401, "link-used")


def test_a_session_is_known_to_another_worker_and_ends_there_too(
    app: FastAPI, other_worker: FastAPI, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "REMEMBERED_SECONDS", -1.0)
    with browsing(app) as browser, browsing(other_worker) as elsewhere:
        elsewhere.take_over(browser.sign_in(admin))
        registered = elsewhere.post("/v1/customers", {"name": "Ada"})
        assert registered.status_code == 201, registered.text
        browser.delete(CURRENT)
        assert problem(elsewhere.get("/v1/me")) == (401, "session-ended")
