"""Sessions over HTTP: a browser signs in with a key or with a link, sees who it is, and signs out.

The cookie alone shows nobody's key, and nothing but this module gives it out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from anyio.to_thread import run_sync
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints

from api.operations.console_key import console_key
from api.shared.access import CHALLENGE, LOCAL, Caller, any_key, authenticated, failed, may, session_of
from api.shared.browsers import COOKIE, Session, cookie_of, refuse_other_sites, set_cookie
from api.shared.buckets import Buckets
from api.shared.commanding import OWN_REQUEST, carry_out, context, own_request
from api.shared.fields import Body
from api.shared.key_texts import SESSION, new_text
from api.shared.keys import active_key, caller_with, expiry_of
from api.shared.openapi import ACCEPTED, EVERYWHERE, POSITION, problems
from api.shared.problems import Problem, refused
from api.shared.routes import Router
from api.shared.schemas import INSTANT, MAYBE_INSTANT, MAYBE_TEXT, TEXT, TEXTS, fields
from api.shared.sessions import Sessions, session_until
from api.shared.sign_in_links import Link, new_link, opened_link
from api.shared.strict import StrictRequest, StrictRoute
from commands.operations import sessions as commands
from commands.shared.batch import Command
from commands.shared.executor import Executor
from domain.operations.api_key import ApiKey
from domain.operations.session import SessionAlreadyOpened
from domain.shared.aggregate import replayed
from domain.shared.ids import new_id
from infra.event_store.store import EventStore

LINK_USED = "This link was used before: it works once. recount sign-in prints a new one."
LINK_EXPIRED = "This link has expired. recount sign-in prints a new one."
NEITHER = 'Send an API key (Authorization: Bearer rk_…), or a link from recount sign-in: {"link": "rl_…"}.'

ME = fields(
    {
        "id": {**TEXT, "description": "The id of the key; `local` for the command line of this machine."},
        "name": {**MAYBE_TEXT, "description": "The label of the key."},
        "roles": TEXTS,
        "permissions": {**TEXTS, "description": "What the key may do, by the names that routes use."},
        "zone": {**TEXT, "description": "The store's time zone, in which days are counted if a request names none."},
        "expires_at": {**MAYBE_INSTANT, "description": "When the session ends, or the key expires. null: never."},
        "csrf_token": {**MAYBE_TEXT, "description": "Send it as X-CSRF-Token with each write of a session. null for a key."},
    }
)
LINK = fields({"link": TEXT, "expires_at": INSTANT})


def _answered(status: int, description: str, schema: dict[str, Any], **headers: Any) -> dict[int | str, dict[str, Any]]:
    answer = {"description": description, "content": {"application/json": {"schema": schema}}, "headers": headers}
    return {status: answer, **EVERYWHERE}


SIGNED_IN = {
    **_answered(201, "Signed in", ME, **{"Position": POSITION, "Set-Cookie": {"schema": TEXT, "description": f"`{COOKIE}`"}}),
    **problems(409, 415),
}
SIGN_INS_AT_ONCE, SECONDS_EACH, KEYS = 20, 30.0, 10_000
"""So often a key may sign in, in one process: each time is kept in the log for ever, also of a key that may write nothing."""


class SignIns(Buckets[UUID]):
    """The sign-ins of this process, by key."""

    def __init__(self) -> None:
        super().__init__(SIGN_INS_AT_ONCE, SECONDS_EACH, KEYS)


class SignInBody(Body):
    link: Annotated[str, StringConstraints(max_length=300)] | None = Field(
        default=None, description="The token of a link, instead of a key: what follows `#sign-in=`.", examples=["rl_…"]
    )


class Me(msgspec.Struct):
    """Who the caller is."""

    id: str
    name: str | None
    roles: tuple[str, ...]
    permissions: list[str]
    zone: str
    expires_at: datetime | None
    csrf_token: str | None = None


class SignInRequest(StrictRequest):
    most = 4096
    too_large = "A sign-in has at most 4 KiB."


class SignInRoute(StrictRoute):
    """The route that everybody may use who shows a key or a link. A body without a link shows nothing."""

    request_class = SignInRequest

    async def admit(self, request: Request) -> None:
        """Raises Problem 401, 403, 415 and 429."""
        await own_request(request)
        refuse_other_sites(request)
        if "authorization" in request.headers:
            await super().admit(request)
        else:
            request.state.link = await _link(request)


signing_in = Router(prefix="/v1/sessions", tags=["sessions"], route_class=SignInRoute)
router = Router(tags=["sessions"], route_class=StrictRoute)


@signing_in.post("", status_code=201, responses=SIGNED_IN)
async def sign_in(request: Request, body: SignInBody | None = None) -> Response:
    """Sign a browser in, with a key in `Authorization` or with a link in the body. The answer sets the session's cookie.

    A session acts as its key. It ends after the setting SIGN_IN_SECONDS, when the key expires or is revoked, or by
    `DELETE /v1/sessions/current`. A link works once, and for 15 minutes.
    """
    link: Link | None = getattr(request.state, "link", None)
    if link is None and body is not None and body.link is not None:
        raise Problem(400, "two-credentials", "Send a key or a link, not both.")
    key = await _key_of(request, link)
    request.state.caller = caller_with(key)
    return await _opened(request, key, link)


@router.delete("/v1/sessions/current", dependencies=[any_key(), OWN_REQUEST], responses=ACCEPTED)
async def sign_out(request: Request) -> Response:
    """End this session, everywhere within a second. Somebody who has a copy of its cookie is signed out too."""
    session = session_of(request)
    if session is None:
        raise Problem(404, "no-session", "This request came with a key: there is no session to end.")
    answer = await carry_out(request, commands.end, None, target=session.id, session_id=session.id)
    sessions: Sessions = request.app.state.sessions
    sessions.forget(cookie_of(request) or "")
    if answer.status_code == 200:
        answer.headers["Set-Cookie"] = set_cookie(request, "", 0)
    return answer


@router.post(
    "/v1/sign-in-links", status_code=201, dependencies=[OWN_REQUEST], responses=_answered(201, "A link", LINK) | problems(415)
)
async def make_link(request: Request, caller: Annotated[Caller, may("keys:manage")]) -> Response:
    """Make the token of a link that signs a browser in as the key that asks, once, within 15 minutes.

    `recount sign-in` makes one for the operator. A session cannot make links: it would outlive its own end.
    """
    if session_of(request) is not None:
        raise Problem(403, "key-needed", "A link is made with a key, not with a session.")
    key_id = None if caller.id == LOCAL else UUID(hex=caller.id)
    token, link = new_link(key_id, request.app.state.store.secret)
    return _json({"link": token, "expires_at": datetime.fromtimestamp(link.expires_at, UTC)}, 201)


@router.get("/v1/me", responses=_answered(200, "The caller", ME))
async def me(request: Request, caller: Annotated[Caller, any_key()]) -> Response:
    """Who asks: the key, its roles and permissions, and when it or the session ends."""
    return _json(await _me(request, caller, session_of(request)))


async def _link(request: Request) -> Link:
    """The link in the body. Raises Problem 401, or 429 after too many that failed."""
    try:
        body = await request.json() if await request.body() else None
    except RequestValidationError:
        body = None
    except Problem as problem:
        if problem.status not in (400, 415):
            raise
        body = None
    token = body.get("link") if isinstance(body, dict) else None
    if not isinstance(token, str):
        raise Problem(401, "unauthenticated", NEITHER, CHALLENGE)
    link = opened_link(token, request.app.state.store.secret)
    if link is None:
        raise failed(request, "unauthenticated", "This link is not valid.")
    if link.expired:
        raise failed(request, "link-expired", LINK_EXPIRED)
    if await run_sync(request.app.state.store.version, link.id):
        raise failed(request, "link-used", LINK_USED)
    return link


async def _key_of(request: Request, link: Link | None) -> ApiKey:
    """The key as which the browser signs in. Raises Problem 401 if it is no longer in force."""
    caller = await authenticated(request) if link is None else None
    if link is not None and link.key_id is not None:
        id = link.key_id
    elif caller is not None and caller.id != LOCAL:
        id = UUID(hex=caller.id)
    else:
        id = await console_key(request)
    key = await run_sync(active_key, request.app.state.store, id)
    if key is None or not key.in_force(datetime.now(UTC)):
        raise failed(request, "unauthenticated", "The key is no longer in force.")
    return key


async def _opened(request: Request, key: ApiKey, link: Link | None) -> Response:
    """Opens the session and answers with its cookie. Raises Problem 401 if the link was used before."""
    store: EventStore = request.app.state.store
    executor: Executor = request.app.state.executor
    seconds: float = request.app.state.settings.sign_in_seconds
    id, now = link.id if link else new_id(), datetime.now(UTC).timestamp()
    text, hash = new_text(SESSION, id, store.secret)
    session = session_until(min(now + seconds, expiry_of(key)), id, store.secret)
    if wait := request.app.state.sign_ins.wait_after(key.id):
        detail = f"Too many sign-ins with this key. The next one is possible in {wait} s."
        raise Problem(429, "too-many-sign-ins", detail, {"Retry-After": str(wait)})
    facts = {
        "session_id": id,
        "key_id": key.id,
        "hash": hash,
        "expires_at": _instant(session.expires_at),
        "means": "link" if link else "key",
    }
    command = Command(commands.open, facts, context(request, None), target=id, fresh=link is None)
    outcome = await executor.run(command)
    if isinstance(outcome.refusal, SessionAlreadyOpened):
        # Another request used it at the same moment.
        raise failed(request, "link-used", LINK_USED)
    if outcome.refusal:
        return refused(outcome.refusal)
    answer = _json(await _me(request, caller_with(key), session), 201)
    answer.headers["Position"] = str(outcome.position)
    answer.headers["Set-Cookie"] = set_cookie(request, text, int(session.expires_at - now))
    return answer


async def _me(request: Request, caller: Caller, session: Session | None) -> Me:
    zone, permissions = request.app.state.settings.zone, sorted(caller.permissions)
    if caller.id == LOCAL:
        return Me(LOCAL, None, ("admin",), permissions, zone, None)
    key = await run_sync(_named, request.app.state.store, UUID(hex=caller.id))
    known = key.issued
    return Me(
        id=str(key.id),
        name=known.label if known else None,
        roles=known.roles if known else (),
        permissions=permissions,
        zone=zone,
        expires_at=_instant(session.expires_at) if session else key.expires_at,
        csrf_token=session.csrf_token if session else None,
    )


def _named(store: EventStore, id: UUID) -> ApiKey:
    """The key with its label."""
    return replayed(ApiKey, id, store.streams([id]).get(id, ()))


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
