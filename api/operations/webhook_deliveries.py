"""What is sent to a webhook, over HTTP: tests, events that are sent again, the log of deliveries, and the secrets that sign."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.operations import configuration_schemas as schemas
from api.operations.webhooks import RESOLVING, WEBHOOKS, Reader
from api.shared.access import may
from api.shared.commanding import OWN_REQUEST
from api.shared.encoding import encode
from api.shared.fields import CommandBody
from api.shared.openapi import ACCEPTED, EVERYWHERE, listed, problems
from api.shared.problems import RETRY_SECONDS, Problem
from api.shared.reading import LARGEST_POSITION, After, Limit, absent, page, read, within_the_log
from api.shared.routes import Router
from api.shared.strict import StrictRoute
from commands.operations import webhooks as commands
from domain.operations.webhook import LONGEST_OVERLAP, REDELIVERY_LIMIT, Webhook, WebhookRemoved
from domain.shared.aggregate import replayed
from domain.shared.ids import new_id
from infra.event_store.store import EventStore
from infra.read_models import attempts
from infra.read_models.attempts import Attempt
from infra.webhooks.message import Message, message, test_id
from infra.webhooks.receiver import Undelivered, reached
from infra.webhooks.signing import secret_of, secrets_of
from projections.operations import webhooks as read_model

commanding = Router(prefix=WEBHOOKS.location, tags=["webhooks"], route_class=StrictRoute, responses=ACCEPTED)
testing = Router(prefix=WEBHOOKS.location, tags=["webhooks"], route_class=StrictRoute)
reading = Router(prefix=WEBHOOKS.location, tags=["webhooks"])

TESTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "How it ended", "content": {"application/json": {"schema": schemas.TESTED}}},
    **EVERYWHERE,
    **problems(409, 415),
}
TESTS = asyncio.Semaphore(8)
"""Tests at a time. A process refuses more of them, and never lets one wait."""
Positive = Annotated[int, Field(ge=1, le=LARGEST_POSITION)]


class SecretBody(CommandBody):
    overlap_hours: int = Field(
        default=24,
        ge=0,
        le=LONGEST_OVERLAP // timedelta(hours=1),
        description="How long the secret before it, and any older one that is still valid, sign too; 0 ends them all now.",
    )

    def facts(self) -> dict[str, Any]:
        return {"overlap": timedelta(hours=self.overlap_hours)}


class RedeliveryBody(CommandBody):
    first: Positive = Field(description="The position of the first event.")
    last: Positive | None = Field(
        default=None,
        description=f"The position of the last event; `first` if it is absent. At most {REDELIVERY_LIMIT:,} positions.",
    )

    def facts(self) -> dict[str, Any]:
        return {"first": self.first, "last": self.last or self.first}


@commanding.post("/{id}/secret", dependencies=[may("webhooks:write")])
async def rotate_secret(request: Request, id: UUID, body: SecretBody | None = None) -> Response:
    """Replace the secret. Only this answer contains the new `secret`; the answer to a repeat has none.

    The secrets before it stay valid for a time, in which each message has a signature by each valid secret. At most four
    secrets are valid at a time. If the answer is lost, rotate again: the secret that your receiver knows is still valid.
    """
    secret_id = new_id()
    answer = await WEBHOOKS.by_id(request, id, commands.rotate_secret, body or SecretBody(), secret_id=secret_id)
    return await run_in_threadpool(_with_secret, answer, request.app.state.store, id, secret_id)


@commanding.post("/{id}/secret/expiry", dependencies=[may("webhooks:write")])
async def end_former_secrets(request: Request, id: UUID, body: CommandBody | None = None) -> Response:
    """End all former secrets now: only the current one signs."""
    return await WEBHOOKS.by_id(request, id, commands.end_former_secrets, body)


@commanding.post("/{id}/redeliveries", dependencies=[may("webhooks:write")])
async def redeliver(request: Request, id: UUID, body: RedeliveryBody) -> Response:
    """Send events again: one, or all in a range of positions that the webhook subscribes to now, in order.

    They have the same `webhook-id` as the first time, and a new signature. They are sent once the webhook has reached the head
    of the log. Also events from before the registration may be requested; imported ones are never sent.
    """
    within_the_log(body.last or body.first, await run_in_threadpool(request.app.state.store.head))
    return await WEBHOOKS.by_id(request, id, commands.request_redelivery, body)


@testing.post("/{id}/test", dependencies=[may("webhooks:write"), OWN_REQUEST], responses=TESTED)
async def test(request: Request, id: UUID) -> Response:
    """Send a test now, a message of the type `recount.test.v1`, and answer how it ended: at the latest after 20 seconds.

    A paused webhook can be tested too. No event is recorded, and the delivery of events does not change.
    """
    if TESTS.locked():
        raise Problem(503, "unavailable", "Too many tests are running.", {"Retry-After": RETRY_SECONDS})
    async with TESTS:
        message_id = test_id(id, new_id())
        url, made = await run_in_threadpool(_test, request.app.state.store, id, message_id)
        at, begin = datetime.now(UTC), time.monotonic()
        status, error = None, None
        try:
            async with reached(url, request.app.state.settings.webhook_reach, RESOLVING) as receiver:
                status = await receiver.post(made)
        except Undelivered as failed:
            status, error = failed.status, str(failed)
        attempt = Attempt(id, "test", message_id, None, at, status, round((time.monotonic() - begin) * 1000), error)
        await run_in_threadpool(_keep, request, attempt)
    outcome = {name: getattr(attempt, name) for name in ("message_id", "status", "milliseconds", "error")}
    return Response(encode({"accepted": error is None, **outcome}), 200, {}, "application/json")


@reading.get("/{id}/deliveries", responses=listed(schemas.DELIVERY, 404))
async def deliveries(
    request: Request,
    caller: Reader,
    after: After,
    id: UUID,
    limit: Limit = 100,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_POSITION, description="Only tries with a lower number.")] = None,
) -> Response:
    """The log of deliveries: the latest 1,000 tries of the last 30 days, newest first, each with how it ended.

    `event_position` is that of the event. `status` is that of the receiver's answer, `milliseconds` the time until then, and
    `next_try` the time at which the event is sent again. No body is stored, of no message and of no answer.
    """

    def query(connection: Any) -> Any:
        return read_model.get(connection, id) and attempts.latest(connection, id, before, limit)

    rows, position = await read(request, {read_model.webhooks.name: id}, after, query)
    if rows is None:
        return absent("webhook", id, position)
    following = str(rows[-1]["number"]) if len(rows) == limit else None
    shown = [{name: value for name, value in row.items() if name != "webhook_id"} for row in rows]
    return page(request, shown, following, position, parameter="before")


def _with_secret(answer: Response, store: EventStore, id: UUID, secret_id: UUID) -> Response:
    """The answer with the secret, if this request has made it and it is valid."""
    if answer.status_code == 200 and secret_id in _webhook(store, id).secret_ids(datetime.now(UTC)):
        answer.body = msgspec.json.encode(msgspec.json.decode(answer.body) | {"secret": secret_of(store, id, secret_id)})
        answer.headers["content-length"] = str(len(answer.body))
    return answer


def _test(store: EventStore, id: UUID, message_id: str) -> tuple[str, Message]:
    """The URL and the message of a test. Raises NotThere or WebhookRemoved."""
    webhook = _webhook(store, id).require()
    secrets = secrets_of(store, id, webhook.secret_ids(datetime.now(UTC)))
    if webhook.subscription is None or webhook.status == "removed" or secrets is None:
        raise WebhookRemoved(id=id)
    body = {"type": "recount.test.v1", "stream": id, "data": {}}
    return webhook.subscription.url, message(secrets, message_id, msgspec.json.encode(body))


def _webhook(store: EventStore, id: UUID) -> Webhook:
    return replayed(Webhook, id, store.streams([id]).get(id, ()))


def _keep(request: Request, attempt: Attempt) -> None:
    with request.app.state.read_models.writer.begin() as connection:
        attempts.keep(connection, attempt)
        attempts.prune(connection, attempt.webhook_id)
