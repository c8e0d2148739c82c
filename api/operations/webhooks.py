"""Webhooks over HTTP: register, revise, pause, resume and remove them. A webhook's secret is shown only once."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from msgspec import structs
from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.operations import configuration_schemas as schemas
from api.operations.events import known_type
from api.shared.access import Caller, may
from api.shared.as_of import Resource, When
from api.shared.commanding import shown_once
from api.shared.fields import Code, CommandBody
from api.shared.filtering import filters
from api.shared.looking import get_one, seen_by
from api.shared.openapi import ACCEPTED, CREATED, one
from api.shared.problems import Problem
from api.shared.reading import After
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from api.shared.targets import target
from api.shared.views import Views
from commands.operations import webhooks as commands
from domain.operations.webhook import PART_LIMIT, Subscription, Webhook
from domain.shared.ids import new_id
from domain.shared.text import URL_LENGTH
from infra.read_models import deliveries
from infra.read_models.deliveries import Delivery
from infra.webhooks.receiver import misplaced, resolver
from infra.webhooks.signing import secret_of
from projections.operations import webhooks as read_model
from projections.shared.pages import Page
from projections.shared.rows import Row

WEBHOOKS = target(Webhook, "/v1/webhooks")

commanding = Router(prefix=WEBHOOKS.location, tags=["webhooks"], route_class=StrictRoute, responses=ACCEPTED)
reading = Router(prefix=WEBHOOKS.location, tags=["webhooks"])

Reader = Annotated[Caller, may("webhooks:read")]
Writer = Annotated[Caller, may("webhooks:write")]
RESOLVING = resolver(4)
Url = Annotated[str, StringConstraints(max_length=URL_LENGTH, pattern=r"^https?://[^\s@#]+$")]
Type = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^\w[\w.]*(\.\*)?$"), AfterValidator(known_type)]


class WebhookBody(CommandBody):
    """The URL that events are sent to, and which events. A filter that is left out matches all events."""

    url: Url = Field(description="A URL without credentials, because everyone who may see the webhook sees it.")
    types: Annotated[list[Type], Field(max_length=PART_LIMIT, examples=[["crm.order.*"]])] = []
    subjects: Annotated[list[UUID], Field(max_length=PART_LIMIT)] = []
    irregular: Code | None = Field(default=None, description="Only facts flagged with this rule.")
    personal: bool = Field(default=False, description="Send personal values too. This needs the permission personal:read.")

    def subscription(self, caller: Caller) -> Subscription:
        """The subscription. Raises Problem 403 if it includes personal values and the caller may not see them."""
        if self.personal and not caller.may("personal:read"):
            raise Problem(403, "forbidden", "Personal values need the permission personal:read.")
        return Subscription(**self.named())

    def facts(self) -> dict[str, Any]:
        """Empty, because the facts are the subscription, which depends on the caller."""
        return {}


class PauseBody(CommandBody):
    reason: Code | None = None


@commanding.post("", status_code=201, responses=CREATED)
async def register(request: Request, caller: Writer, body: WebhookBody) -> Response:
    """Register a webhook. Only this answer contains its `secret`; the answer to a repeat has none.

    A URL without TLS, or with an address that is not public, is refused unless the settings allow it.
    """
    id, secret_id = new_id(), new_id()
    subscription = body.subscription(caller)
    await _require_reachable(request, body.url)
    answer = await WEBHOOKS.new(request, commands.register, body, id, subscription=subscription, secret_id=secret_id)
    secret = partial(secret_of, request.app.state.store, id, secret_id)
    return await run_in_threadpool(shown_once, answer, id, "secret", secret)


@commanding.put("/{id}")
async def revise(request: Request, caller: Writer, id: UUID, body: WebhookBody) -> Response:
    """Replace all fields of a webhook; the secret stays. A failing webhook is retried immediately."""
    subscription = body.subscription(caller)
    await _require_reachable(request, body.url)
    return await WEBHOOKS.by_id(request, id, commands.revise, body, subscription=subscription)


@commanding.post("/{id}/pause", dependencies=[may("webhooks:write")])
async def pause(request: Request, id: UUID, body: PauseBody | None = None) -> Response:
    """Pause a webhook: nothing is sent until it is resumed."""
    return await WEBHOOKS.by_id(request, id, commands.pause, body)


@commanding.post("/{id}/resumption", dependencies=[may("webhooks:write")])
async def resume(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Resume a webhook. All events recorded during the pause are sent."""
    return await WEBHOOKS.by_id(request, id, commands.resume, body)


@commanding.post("/{id}/removal", dependencies=[may("webhooks:write")])
async def remove(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """Remove a webhook permanently and destroy its secret."""
    return await WEBHOOKS.by_id(request, id, commands.remove, body)


async def _require_reachable(request: Request, url: str) -> None:
    """Raises RequestValidationError if nothing would be sent to the URL."""
    if reason := await misplaced(url, request.app.state.settings.webhook_reach, RESOLVING):
        raise RequestValidationError([{"type": "unreachable", "loc": ("body", "url"), "msg": reason}], body={"url": url})


def _listing(connection: Connection, wanted: read_model.Filter, *, limit: int, cursor: str | None) -> Page:
    rows, following = read_model.listing(connection, wanted, limit=limit, cursor=cursor)
    come = deliveries.load(connection)
    return Page([_delivered(row, come.get(row["webhook_id"])) for row in rows], following)


def _get(connection: Connection, id: UUID) -> Row | None:
    row = read_model.get(connection, id)
    return row and _delivered(row, deliveries.of(connection, id))


def _delivered(row: Row, delivery: Delivery | None) -> Row:
    """The row with the state of its delivery. That is not in the log, so only the present state is known."""
    come = delivery or Delivery(row["webhook_id"], row["since"])
    return row | {
        "delivered_to": come.position,
        "failures": come.failures,
        "failing_since": come.failing_since,
        "next_try": come.due,
        "last_error": come.last_error,
    }


RESOURCE = Resource(Webhook, read_model.webhooks, read_model.get)
DELIVERED = structs.replace(RESOURCE, one=_get)

views = Views(reading, RESOURCE, schemas.WEBHOOK, permission="webhooks:read", private=())
views.many(
    _listing,
    "Webhooks, in the order in which they were registered.",
    called="webhooks",
    filtered=filters(read_model.Filter),
)
views.history(called="history")


@reading.get("/{id}", responses=one(schemas.WEBHOOK))
async def webhook(request: Request, caller: Reader, after: After, when: When, id: UUID) -> Response:
    """One webhook. As of now it includes the delivery: the position reached, and since when and why it fails."""
    resource, show = DELIVERED if when.now else RESOURCE, partial(seen_by, caller, key="webhook_id", private=())
    return await get_one(request, resource, id, after, when, name="webhook", show=show, subject=id)
