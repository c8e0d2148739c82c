"""Makes a command from a request, and an answer from the command's outcome."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from fastapi import Depends, Request, Response

from api.shared.access import Caller
from api.shared.conditional import precondition
from api.shared.fields import CommandBody
from api.shared.fingerprint import meaning
from api.shared.problems import Problem, refused
from commands.shared.batch import Command
from commands.shared.commit import ReceiptKey, source_fact
from commands.shared.executor import Executor
from commands.shared.outcome import Outcome
from commands.shared.unit_of_work import UnitOfWork
from domain.shared.aggregate import Aggregate
from domain.shared.events import Context, Origin, Source
from domain.shared.ids import keyed_digest, new_id
from domain.shared.occurrence import occurrence
from domain.shared.text import CODE

NO_TIME_YET = datetime.min.replace(tzinfo=UTC)
KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Accepted(msgspec.Struct, omit_defaults=True):
    """The answer to a command: the id of the aggregate, its version now, and the position to read it back with.

    `irregular` names the rules that the recorded facts break; it is absent if they break none.
    """

    id: UUID
    version: int
    position: int
    irregular: tuple[str, ...] = ()


async def carry_out(
    request: Request,
    function: Callable[..., Aggregate],
    body: CommandBody | None,
    /,
    *,
    target: UUID,
    location: str | None = None,
    fresh: bool = False,
    version_of: Callable[[UnitOfWork, UUID], int] | None = None,
    **facts: Any,
) -> Response:
    """Run the command and answer: 201 if it created something and there is a `location`, 200 if not, a problem if refused."""
    begun = context(request, body)
    command = Command(
        function,
        facts,
        begun,
        target=target,
        expected=precondition(request),
        receipt=await receipt_key(request),
        decides=source_fact(begun.source, target),
        fresh=fresh,
        version_of=version_of,
    )
    executor: Executor = request.app.state.executor
    if queued := getattr(request.state, "queued", None):
        # This is a line of a batch. The next line may start once this command is queued; `run` queues before it first waits.
        queued.set()
    outcome = await executor.run(command, of_many=bool(queued))
    return answer(outcome, location)


def answer(outcome: Outcome, location: str | None = None) -> Response:
    if outcome.refusal:
        return refused(outcome.refusal, {"Position": str(outcome.position)})
    assert outcome.id is not None, "an accepted command has an id"
    headers = {"ETag": f'"{outcome.version}"', "Position": str(outcome.position)}
    status = 200
    if outcome.created and location:
        headers["Location"] = f"{location}/{outcome.id}"
        status = 201
    body = msgspec.json.encode(Accepted(outcome.id, outcome.version, outcome.position, outcome.irregular))
    return Response(body, status, headers, "application/json")


def shown_once(response: Response, id: UUID, field: str, secret: Callable[[], str | None]) -> Response:
    """The answer, with a secret in `field`. A repeat gets no secret: its answer has the first request's id, not `id`."""
    accepted = msgspec.json.decode(bytes(response.body))
    if response.status_code == 201 and accepted["id"] == str(id):
        response.body = msgspec.json.encode(accepted | {field: secret()})
        response.headers["content-length"] = str(len(response.body))
    return response


def context(request: Request, body: CommandBody | None, origin: Origin = "live") -> Context:
    """The command's context from the caller and the body. Raises Malformed if the time of occurrence is not valid."""
    caller: Caller = request.state.caller
    command_id = new_id()
    if body is None or not body.model_fields_set:
        return Context(now=NO_TIME_YET, actor=caller.actor, origin=origin, command_id=command_id)
    when = occurrence(body.occurred_at, body.occurred_zone) if body.occurred_at else None
    return Context(
        now=NO_TIME_YET,
        actor=caller.actor,
        origin=origin,
        occurred_at=when and when.at,
        occurred_precision=when.precision if when else "second",
        occurred_zone=when and when.zone,
        on_behalf_of=body.on_behalf_of,
        source=_source(body.source.stated(), request.app.state.store.secret) if body.source else None,
        command_id=command_id,
        correlation_id=body.correlation_id,
        causation_id=body.causation_id,
    )


def _source(stated: Source, secret: bytes) -> Source:
    """The source as it is recorded: an event id that is not a code, and may be an address, becomes its HMAC.

    Metadata are never sealed. The same id has the same HMAC, so a repeat is still recognised.
    """
    id = stated.event_id
    if id is None or CODE.fullmatch(id):
        return stated
    return msgspec.structs.replace(stated, event_id="hmac:" + keyed_digest(secret, "source event id", id.encode()).hex())


async def own_request(request: Request) -> None:
    """A dependency of routes whose requests are more work than a command. Raises Problem 400 if this is a line of a batch."""
    if getattr(request.state, "queued", None):
        detail = "The line is not a command: batches, selections, imports, fits and rebuilds need a request of their own."
        raise Problem(400, "malformed-line", detail)


OWN_REQUEST: Any = Depends(own_request)


async def receipt_key(request: Request) -> ReceiptKey | None:
    """The caller, the key and a digest of what the request means. None if it has no Idempotency-Key. Raises Problem 400."""
    key = idempotency_key(request)
    if key is None:
        return None
    digest = keyed_digest(request.app.state.store.secret, "request", await meaning(request))
    return ReceiptKey(request.state.caller.id, key, digest)


def idempotency_key(request: Request) -> str | None:
    """The request's Idempotency-Key; in a line of a batch the caller's own with `#` and the line. Raises Problem 400."""
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    key = ",".join(keys)
    own = key.rpartition("#")[0] if getattr(request.state, "queued", None) else key
    if len(keys) > 1 or not KEY.fullmatch(own):
        raise Problem(400, "malformed-idempotency-key", "Idempotency-Key must be 1 to 255 visible ASCII characters.")
    return key
