"""Sessions over HTTP: a browser signs in with a key or a link, acts as its key, and is signed out everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from api.operations import sessions
from api.shared import keys as checking
from api.shared import sign_in_links
from api.shared.access import ROLES
from api.shared.failed_keys import AT_ONCE, FailedKeys
from api.shared.sign_in_links import LASTS, new_link
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import Headers, KeyFor, World
from tests.api.customers.given_customers import head, seen
from tests.api.operations.browser import CURRENT, SESSIONS, Browser, browsing, cookie, key_id, link_of, problem
from tests.api.operations.test_event_stream import messages, streaming
from tests.api.served import served
from tests.waiting import wait_until

LINKS = "/v1/sign-in-links"
PATIENT = 3600.0


@pytest.fixture
def app(world: World) -> FastAPI:
    """The application of all tests here. What it counts begins again with each of them."""
    world.app.state.failed_keys, world.app.state.sign_ins = FailedKeys(), sessions.SignIns()
    return world.app


@pytest.fixture
def parts(world: World) -> Parts:
    return world.parts


@pytest.fixture
def client(world: World) -> Client:
    """A client with an admin's key."""
    return world.client


@pytest.fixture
def admin(world: World) -> Headers:
    return world.admin


@pytest.fixture
def key_for(world: World) -> KeyFor:
    return world.key


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with browsing(app) as browser:
        yield browser


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered: each request looks its key and its session up."""
    monkeypatch.setattr(checking, "REMEMBERED_SECONDS", -1.0)


# Signing in


def test_the_cookie_is_for_this_site_and_no_script_and_lasts_as_long_as_the_session(browser: Browser, admin: Headers) -> None:
    answer = browser.sign_in(admin)
    found = cookie(answer)
    assert (found["path"], found["httponly"], found["samesite"], found["secure"]) == ("/", True, "Strict", "")
    left = datetime.fromisoformat(answer.json()["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=11) < left <= timedelta(hours=12)
    assert abs(int(found["max-age"]) - left.total_seconds()) < 60


def test_with_tls_the_cookie_is_sent_with_tls_only(browser: Browser, admin: Headers) -> None:
    answer = browser.post(SESSIONS, headers=admin | {"Origin": "https://crm.example.org", "Sec-Fetch-Site": "same-origin"})
    assert cookie(answer)["secure"] is True


def test_a_sign_in_is_recorded_with_the_key_and_without_its_secret(browser: Browser, client: Client, admin: Headers) -> None:
    answer = browser.sign_in(admin)
    event = client.get(f"/v1/events/{answer.headers['Position']}").json()
    assert event["type"] == "crm.session.opened.v1"
    assert event["metadata"]["subject"] == key_id(admin)
    assert event["metadata"]["actor"]["id"] == UUID(key_id(admin)).hex
    assert (event["data"]["key_id"], event["data"]["means"]) == (key_id(admin), "key")
    text = cookie(answer).value
    assert text.split("_", 2)[2][:43] not in client.get("/v1/events", params={"limit": 500}).text


@pytest.mark.parametrize("body", [None, {}, {"link": None}, {"link": 7}, [], "rl_", {"nothing": 1}])
def test_without_a_key_and_a_link_nobody_signs_in(browser: Browser, body: Any) -> None:
    assert problem(browser.post(SESSIONS, body)) == (401, "unauthenticated")


def test_a_session_does_not_open_another_one(browser: Browser, admin: Headers) -> None:
    browser.sign_in(admin)
    assert problem(browser.post(SESSIONS)) == (401, "unauthenticated")


def test_a_key_and_a_link_together_are_refused(browser: Browser, parts: Parts, admin: Headers) -> None:
    link = link_of(parts)
    assert problem(browser.post(SESSIONS, {"link": link}, headers=admin)) == (400, "two-credentials")
    assert browser.sign_in(link=link).status_code == 201


def test_a_page_of_another_site_signs_nobody_in(browser: Browser, parts: Parts) -> None:
    link = link_of(parts)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert problem(browser.post(SESSIONS, {"link": link}, headers=headers)) == (403, "cross-site-request")
    assert browser.sign_in(link=link).status_code == 201


def test_a_large_body_without_a_key_is_not_read(browser: Browser) -> None:
    assert problem(browser.post(SESSIONS, {"link": "x" * 5000})) == (413, "too-large")


def test_a_sign_in_is_a_request_of_its_own(client: Client, parts: Parts) -> None:
    line = f'{{"method": "POST", "path": "{SESSIONS}", "body": {{"link": "{link_of(parts)}"}}}}'
    answer = client.request("POST", "/v1/batch", content=line, headers={"Content-Type": "application/x-ndjson"})
    assert answer.json()["body"]["type"] == "/problems/malformed-line"


def test_a_key_signs_in_so_often_and_then_once_in_a_while(app: FastAPI, client: Client, admin: Headers) -> None:
    before = head(client)
    answers = [client.post(SESSIONS) for _ in range(sessions.SIGN_INS_AT_ONCE + 1)]
    assert [answer.status_code for answer in answers[:-1]] == [201] * sessions.SIGN_INS_AT_ONCE
    assert problem(answers[-1]) == (429, "too-many-sign-ins")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= sessions.SECONDS_EACH
    assert head(client) == before + sessions.SIGN_INS_AT_ONCE


# Me


@pytest.mark.parametrize("role", ["agent", "analyst", "auditor", "operator", "admin"])
def test_a_key_sees_its_own_name_role_and_permissions(world: World, role: Any) -> None:
    key = world.key(role)
    assert world.client.get("/v1/me", headers=key).json() == {
        "id": key_id(key),
        "name": f"{role} of a test",
        "roles": [role],
        "permissions": sorted(ROLES[role]),
        "zone": "UTC",
        "expires_at": None,
        "csrf_token": None,
    }


def test_a_key_sees_when_it_expires(client: Client) -> None:
    moment = "2099-01-01T00:00:00Z"
    issued = client.post("/v1/keys", {"label": "a year", "roles": ["agent", "operator"], "expires_at": moment}).json()
    me = client.get("/v1/me", headers={"Authorization": f"Bearer {issued['key']}"}).json()
    assert (me["id"], me["expires_at"], me["roles"]) == (issued["id"], moment, ["agent", "operator"])
    assert me["permissions"] == sorted(ROLES["agent"] | ROLES["operator"])


def test_the_command_line_sees_that_it_is_the_operator(parts: Parts) -> None:
    with parts.application("local_secret") as app:
        client = Client(app, {"Authorization": "Bearer local_secret"})
        me = client.get("/v1/me").json()
        client.close()
    assert (me["id"], me["name"], me["roles"]) == ("local", None, ["admin"])


# What a session may


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_without_the_csrf_token_does_nothing(browser: Browser, client: Client, admin: Headers, method: str) -> None:
    browser.sign_in(admin)
    before = head(client)
    paths = {"POST": "/v1/customers", "PUT": "/v1/customers/by/shop/1", "DELETE": CURRENT}
    path = paths.get(method, f"/v1/customers/{UUID(int=7)}")
    assert problem(browser.without_token(method, path, json={"name": "Ada"})) == (403, "csrf-token-needed")
    wrong = {"X-CSRF-Token": "x" * len(browser.token)}
    assert problem(browser.request(method, path, json={"name": "Ada"}, headers=wrong)) == (403, "csrf-token-needed")
    assert head(client) == before
    assert browser.without_token("GET", "/v1/me").status_code == 200


def test_a_session_has_a_token_of_its_own(app: FastAPI, admin: Headers) -> None:
    with browsing(app) as one, browsing(app) as other:
        for browser in (one, other):
            browser.sign_in(admin)
        assert one.token != other.token
        answer = one.post("/v1/customers", {"name": "Ada"}, headers={"X-CSRF-Token": other.token})
        assert problem(answer) == (403, "csrf-token-needed")


def test_a_write_from_a_page_of_another_site_does_nothing_also_with_the_token(
    browser: Browser, client: Client, admin: Headers
) -> None:
    browser.sign_in(admin)
    before = head(client)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}):
        answer = browser.post("/v1/customers", {"name": "Ada"}, headers=headers)
        assert problem(answer) == (403, "cross-site-request")
    assert head(client) == before


def test_a_batch_of_a_session_needs_the_token_once(browser: Browser, admin: Headers) -> None:
    browser.sign_in(admin)
    line = '{"method": "POST", "path": "/v1/customers", "body": {"name": "Ada"}}\n'
    sent: dict[str, Any] = {"content": line * 2, "headers": {"Content-Type": "application/x-ndjson"}}
    answer = browser.request("POST", "/v1/batch", **sent)
    assert answer.text.count('"status":201') == 2, answer.text
    assert problem(browser.without_token("POST", "/v1/batch", **sent)) == (403, "csrf-token-needed")


def test_a_key_in_the_header_wins_over_the_cookie(browser: Browser, admin: Headers, key_for: KeyFor) -> None:
    browser.sign_in(admin)
    agent = key_for("agent")
    assert browser.get("/v1/me", headers=agent).json()["id"] == key_id(agent)
    assert browser.get("/v1/keys", headers=agent).status_code == 403
    # A key comes from no page by mistake: it needs no token.
    assert browser.without_token("POST", "/v1/customers", json={"name": "Ada"}, headers=agent).status_code == 201
    assert problem(browser.get("/v1/me", headers={"Authorization": "Bearer rk_nobody"})) == (401, "unauthenticated")


def test_a_cookie_is_no_key_and_a_key_is_no_cookie(browser: Browser, stranger: Client, admin: Headers) -> None:
    text = cookie(browser.sign_in(admin)).value
    assert problem(stranger.get("/v1/me", headers={"Authorization": f"Bearer {text}"})) == (401, "unauthenticated")
    key = admin["Authorization"].removeprefix("Bearer ")
    assert problem(stranger.get("/v1/me", headers={"Cookie": f"recount_session={key}"})) == (401, "session-ended")


def test_an_analyst_sees_no_personal_data_in_a_session_either(browser: Browser, client: Client, key_for: KeyFor) -> None:
    where = client.post("/v1/customers", {"name": "Ada Lovelace"}).headers["Location"]
    seen(client, where)
    browser.sign_in(key_for("analyst"))
    answer = browser.get(where)
    assert answer.status_code == 200
    assert "Ada" not in answer.text


def test_a_repeat_with_the_same_idempotency_key_is_one_command_of_the_key(
    browser: Browser, client: Client, admin: Headers
) -> None:
    browser.sign_in(admin)
    again = {"Idempotency-Key": "once"}
    first = browser.post("/v1/customers", {"name": "Ada"}, headers=again)
    assert client.post("/v1/customers", {"name": "Ada"}, headers=again).json() == first.json()


# The end of a session


def test_this_worker_knows_a_sign_out_immediately(
    browser: Browser, stranger: Client, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "REMEMBERED_SECONDS", PATIENT)
    copy = {"Cookie": f"recount_session={cookie(browser.sign_in(admin)).value}"}
    browser.get("/v1/me")
    browser.delete(CURRENT)
    assert stranger.get("/v1/me", headers=copy).status_code == 401


def test_a_sign_out_ends_one_session_and_not_the_key(app: FastAPI, client: Client, admin: Headers) -> None:
    with browsing(app) as one, browsing(app) as other:
        for browser in (one, other):
            browser.sign_in(admin)
        one.delete(CURRENT)
        assert problem(one.get("/v1/me")) == (401, "unauthenticated"), "the cookie is gone"
        assert other.get("/v1/me").status_code == 200
    assert client.get("/v1/me").status_code == 200


def test_a_key_has_no_session_to_end(client: Client) -> None:
    assert problem(client.delete(CURRENT)) == (404, "no-session")


@pytest.mark.usefixtures("at_once")
def test_a_revoked_key_ends_its_sessions(browser: Browser, client: Client, key_for: KeyFor) -> None:
    key = key_for("agent")
    browser.sign_in(key)
    assert browser.get("/v1/me").status_code == 200
    client.post(f"/v1/keys/{key_id(key)}/revocation")
    assert problem(browser.get("/v1/me")) == (401, "session-ended")
    assert problem(browser.post("/v1/customers", {"name": "Ada"})) == (401, "session-ended")


def test_a_session_ends_as_fast_as_its_key(browser: Browser, client: Client, key_for: KeyFor) -> None:
    key = key_for("agent")
    browser.sign_in(key)
    browser.get("/v1/me")
    client.post(f"/v1/keys/{key_id(key)}/revocation")
    began = time.monotonic()
    wait_until(lambda: browser.get("/v1/me").status_code == 401, "the session ends")
    assert time.monotonic() - began < checking.REMEMBERED_SECONDS + 2


@pytest.mark.usefixtures("at_once")
def test_a_session_ends_with_its_key_if_that_expires_before(browser: Browser, client: Client) -> None:
    issued = client.post("/v1/keys", {"label": "a day", "roles": ["agent"], "expires_at": "2099-01-01T00:00:00Z"}).json()
    browser.sign_in({"Authorization": f"Bearer {issued['key']}"})
    sooner = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    client.put(f"/v1/keys/{issued['id']}/expiry", {"expires_at": sooner})
    assert datetime.fromisoformat(browser.get("/v1/me").json()["expires_at"]) == datetime.fromisoformat(sooner)
    wait_until(lambda: browser.get("/v1/me").status_code == 401, "the session ends with its key")


def test_a_session_expires_at_its_moment_also_while_it_is_remembered(
    browser: Browser, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    expires_at = datetime.fromisoformat(browser.sign_in(admin).json()["expires_at"]).timestamp()
    assert browser.get("/v1/me").status_code == 200
    clock = SimpleNamespace(time=lambda: expires_at - 1, monotonic=time.monotonic)
    monkeypatch.setattr(checking, "time", clock)
    assert browser.get("/v1/me").status_code == 200
    clock.time = lambda: expires_at
    assert problem(browser.get("/v1/me")) == (401, "session-ended")


def test_the_setting_says_how_long_a_session_lasts(
    app: FastAPI, browser: Browser, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.state._state, "settings", app.state.settings.model_copy(update={"sign_in_seconds": 90.0}))
    answer = browser.sign_in(admin)
    left = datetime.fromisoformat(answer.json()["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=30) < left <= timedelta(seconds=90)
    assert int(cookie(answer)["max-age"]) <= 90


def test_cookies_that_fail_count_like_keys_that_fail_and_a_valid_one_works_all_the_same(
    app: FastAPI, browser: Browser, stranger: Client, admin: Headers
) -> None:
    browser.sign_in(admin)
    forged = f"recount_session={cookie(browser.sign_in(admin)).value[:-1]}"
    answers = [stranger.get("/v1/me", headers={"Cookie": forged + "!"}) for _ in range(AT_ONCE + 1)]
    assert problem(answers[0]) == (401, "session-ended")
    assert problem(answers[-1]) == (429, "too-many-failed-keys")
    assert problem(stranger.post(SESSIONS, {"link": "rl_nobody"})) == (429, "too-many-failed-keys")
    assert browser.get("/v1/me").status_code == 200


def test_a_made_up_cookie_costs_no_read(browser: Browser, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> Any:
        raise AssertionError("the store is read")

    monkeypatch.setattr(app.state.store, "plain_ends", read)
    made_up = f"rs_{'0' * 32}_{'A' * 63}"
    assert browser.get("/v1/me", headers={"Cookie": f"recount_session={made_up}"}).status_code == 401


# Links


def test_a_link_cannot_be_used_again_after_its_session_has_ended(browser: Browser, parts: Parts) -> None:
    link = link_of(parts)
    browser.sign_in(link=link)
    browser.delete(CURRENT)
    assert problem(browser.sign_in(link=link)) == (401, "link-used")


def test_a_link_works_for_a_quarter_of_an_hour(browser: Browser, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    link, later = link_of(parts), time.time() + LASTS
    monkeypatch.setattr(sign_in_links, "time", SimpleNamespace(time=lambda: later))
    answer = browser.sign_in(link=link)
    assert problem(answer) == (401, "link-expired")
    assert "recount sign-in prints a new one" in answer.json()["detail"]


def test_a_link_of_another_store_is_refused(browser: Browser) -> None:
    assert problem(browser.sign_in(link=new_link(None, b"t" * 32)[0])) == (401, "unauthenticated")


def test_links_of_the_operator_share_one_key(app: FastAPI, parts: Parts) -> None:
    with browsing(app) as one, browsing(app) as other:
        ids = {browser.sign_in(link=link_of(parts)).json()["id"] for browser in (one, other)}
    assert len(ids) == 1


@pytest.mark.usefixtures("at_once")
def test_a_revoked_console_key_ends_the_sessions_of_links_and_the_next_link_gets_another_key(
    app: FastAPI, parts: Parts, client: Client
) -> None:
    with browsing(app) as one, browsing(app) as other:
        first = one.sign_in(link=link_of(parts)).json()["id"]
        client.post(f"/v1/keys/{first}/revocation")
        assert problem(one.get("/v1/me")) == (401, "session-ended")
        second = other.sign_in(link=link_of(parts)).json()["id"]
        assert second != first
        assert other.get("/v1/me").status_code == 200


def test_a_link_of_a_key_signs_in_as_that_key(app: FastAPI, browser: Browser, client: Client, key_for: KeyFor) -> None:
    admin = key_for("admin")
    made = client.post(LINKS, headers=admin).json()
    assert datetime.fromisoformat(made["expires_at"]) > datetime.now(UTC)
    assert browser.sign_in(link=made["link"]).json()["id"] == key_id(admin)


def test_a_link_of_a_key_that_was_revoked_since_signs_nobody_in(browser: Browser, client: Client, key_for: KeyFor) -> None:
    admin = key_for("admin")
    link = client.post(LINKS, headers=admin).json()["link"]
    client.post(f"/v1/keys/{key_id(admin)}/revocation")
    assert problem(browser.sign_in(link=link)) == (401, "unauthenticated")


def test_only_who_may_issue_keys_makes_links_and_a_session_makes_none(
    browser: Browser, client: Client, admin: Headers, key_for: KeyFor
) -> None:
    assert problem(client.post(LINKS, headers=key_for("agent"))) == (403, "forbidden")
    browser.sign_in(admin)
    assert problem(browser.post(LINKS)) == (403, "key-needed")


# The event stream


def signed_in(url: str, key: Headers) -> Headers:
    return {"Cookie": f"recount_session={cookie(httpx.post(f'{url}{SESSIONS}', headers=key)).value}"}


def _out(url: str, session: Headers, admin: Headers, key: Headers) -> None:
    token = httpx.get(f"{url}/v1/me", headers=session).json()["csrf_token"]
    httpx.delete(url + CURRENT, headers=session | {"X-CSRF-Token": token}).raise_for_status()


def _revoked(url: str, session: Headers, admin: Headers, key: Headers) -> None:
    httpx.post(f"{url}/v1/keys/{key_id(key)}/revocation", headers=admin).raise_for_status()


@pytest.mark.parametrize("end", [_out, _revoked])
def test_a_session_gets_events_as_they_happen_and_none_after_its_end(
    app: FastAPI, admin: Headers, key_for: KeyFor, end: Callable[..., None]
) -> None:
    key = key_for("auditor")
    with served(app) as url:
        session = signed_in(url, key)
        with streaming(url, session, type="crm.customer.*") as lines:
            received = messages(lines)
            next(received)
            httpx.post(f"{url}/v1/customers", json={"name": "Ada"}, headers=admin)
            assert next(one for one in received if one.event)
            end(url, session, admin, key)
            assert [one for one in received if one.event] == []


def test_a_stream_needs_the_permission_in_a_session_too(app: FastAPI, key_for: KeyFor) -> None:
    with served(app) as url:
        assert httpx.get(f"{url}/v1/events/stream", headers=signed_in(url, key_for("agent"))).status_code == 403


# The document


def test_the_document_names_the_cookie_and_the_token(document: dict[str, Any]) -> None:
    scheme = document["components"]["securitySchemes"]["session"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "cookie", "recount_session")
    for operations in document["paths"].values():
        for method, operation in operations.items():
            by_session = {"session": []} in operation["security"]
            takes_token = any(one["name"] == "X-CSRF-Token" for one in operation.get("parameters", ()))
            assert takes_token is (by_session and method != "get")
    assert document["paths"][SESSIONS]["post"]["security"] == [{"key": []}, {}]
    assert document["paths"][CURRENT]["delete"]["security"] == [{"session": []}]
