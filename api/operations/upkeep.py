"""Operators' work over HTTP: rebuilds of read models, verifications, rotations of the master key, the clock, and dead letters.

A dead letter is an event that a read model could not fold.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Path, Query, Request, Response
from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool

from api.operations.health import Operations
from api.operations.jobs import Expected, Job, Jobs, Work
from api.shared.access import may
from api.shared.bounds import REPORT
from api.shared.commanding import OWN_REQUEST
from api.shared.conditional import refuse_conditions
from api.shared.fields import Body
from api.shared.nearest import because
from api.shared.openapi import EVERYWHERE, problems
from api.shared.problems import Problem, problem, wrong_parameter
from api.shared.reading import LARGEST_POSITION
from api.shared.routes import Router
from api.shared.schemas import FLAG, ID, INSTANT, INTEGER, MAYBE_TEXT, TEXT, Schema, fields
from api.shared.strict import StrictRoute
from domain.shared.ids import new_id
from infra.event_store.rotation import MasterKeysUnreadable, RotatedElsewhere
from infra.event_store.vault import MasterKeyMissing

router = Router(prefix="/v1/operations", tags=["operations"], route_class=StrictRoute)

ACTING: Any = [may("operations:act", REPORT), OWN_REQUEST]

Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z_]+$", description="A projection's name.")]
Position = Annotated[int, Path(ge=1, le=LARGEST_POSITION)]

JOB = fields(
    {
        "id": ID,
        "state": {"enum": ["running", "completed", "failed"]},
        "done": INTEGER,
        "total": INTEGER,
        "result": {"type": ["object", "null"]},
        "error": MAYBE_TEXT,
    }
)
DEAD_LETTER = fields(
    {
        "projection": TEXT,
        "position": INTEGER,
        "subject": ID,
        "type": TEXT,
        "error": TEXT,
        "tries": INTEGER,
        "since": INSTANT,
        "discarded": FLAG,
    },
    {"partition": INTEGER, "traceback": TEXT},
)
CONFIRMED = fields({"confirmed": INSTANT})
EXPECTED = Expected((MasterKeysUnreadable, RotatedElsewhere, MasterKeyMissing))
RETRIED = fields({"folded": INTEGER, "waiting": INTEGER})
LETTERS = fields({"items": {"type": "array", "items": DEAD_LETTER}})


def _answers(schema: Schema, status: int = 200) -> dict[int | str, dict[str, Any]]:
    answer = {"description": "The answer", "content": {"application/json": {"schema": schema}}}
    return {status: answer, **EVERYWHERE, **problems(409, 415)}


class RebuildBody(Body):
    """With `check` the read model is not replaced: it is only compared with the result of a rebuild.

    Without a `projection` all read models are rebuilt, and the log is read once for all of them.
    """

    projection: Annotated[str, StringConstraints(max_length=64)] | None = None
    check: bool = False


@router.post("/rebuilds", status_code=202, dependencies=ACTING, responses=_answers(JOB, 202))
async def rebuild(request: Request, body: RebuildBody) -> Response:
    """Rebuild a read model, or all, in the background while the old ones answer.

    Only the process that started the job knows its id. The result of all is `projections`, a list with one result for each. One
    that cannot be rebuilt has an `error` there, and does not hold back the others.
    """
    operations = _operations(request, body.projection)
    if body.projection is None:
        return _begin(request, "rebuilds", partial(operations.rebuild_all, body.check))
    return _begin(request, "rebuilds", partial(operations.rebuild, body.projection, body.check))


@router.get("/rebuilds/{id}", dependencies=[may("operations:read")], responses=_answers(JOB))
async def rebuilding(request: Request, id: UUID) -> Response:
    """The progress of a rebuild, or its result."""
    return _begun(request, id, "rebuild", "rebuilds")


@router.post("/master-key-rotations", status_code=202, dependencies=[may("operations:act")], responses=_answers(JOB, 202))
async def rotate_master_key(request: Request) -> Response:
    """Wrap all keys again, with the newest master key, while everything else goes on.

    A rotation that was interrupted continues with the next one.
    """
    refuse_conditions(request, "A rotation of the master key")
    operations: Operations = request.app.state.operations
    return _begin(request, "master-key-rotations", operations.rotate_master_key, EXPECTED)


@router.get("/master-key-rotations/{id}", dependencies=[may("operations:read")], responses=_answers(JOB))
async def master_key_rotation(request: Request, id: UUID) -> Response:
    """The progress of a rotation in keys, or its result: how many were wrapped again, and how many are damaged."""
    return _begun(request, id, "rotation", "master-key-rotations")


@router.post("/verifications", status_code=202, dependencies=[may("operations:act")], responses=_answers(JOB, 202))
async def verify(request: Request) -> Response:
    """Read the whole event store and compare everything in it, while everything else goes on."""
    refuse_conditions(request, "A verification")
    operations: Operations = request.app.state.operations
    return _begin(request, "verifications", operations.verify, EXPECTED)


@router.get("/verifications/{id}", dependencies=[may("operations:read")], responses=_answers(JOB))
async def verification(request: Request, id: UUID) -> Response:
    """The progress of a verification, or its result: the number of `findings`, and the first thousand of them."""
    return _begun(request, id, "verification", "verifications")


@router.post("/clock-confirmations", dependencies=[may("operations:act"), OWN_REQUEST], responses=_answers(CONFIRMED))
async def confirm_clock(request: Request) -> Response:
    """Confirm that the clock of this process is right, although it is far ahead of what was known of the time.

    While it is doubted, no day ends, no deadline is met and nothing is pruned. The answer has the time that it confirms.
    """
    refuse_conditions(request, "A clock")
    operations: Operations = request.app.state.operations
    return _json({"confirmed": await run_in_threadpool(operations.confirm_clock)})


@router.get("/dead-letters", dependencies=[may("operations:read")], responses=_answers(LETTERS))
async def dead_letters(request: Request, projection: Annotated[str | None, Query(max_length=64)] = None) -> Response:
    """List dead letters: events that a read model could not fold, later events that wait for these, and discarded events."""
    operations: Operations = request.app.state.operations
    if projection is not None and projection not in operations.names():
        raise wrong_parameter("projection", because("There is no such projection", projection, operations.names()))
    letters = await run_in_threadpool(operations.dead_letters, projection)
    return _json({"items": [letter._asdict() for letter in letters]})


@router.post("/dead-letters/{projection}/retry", dependencies=ACTING, responses=_answers(RETRIED))
async def retry(request: Request, projection: Name, subject: UUID | None = None) -> Response:
    """Fold the waiting events again, of one subject or of all subjects."""
    operations = _operations(request, projection)
    return _json((await run_in_threadpool(operations.retry, projection, subject))._asdict())


@router.post("/dead-letters/{projection}/{position}/discard", dependencies=ACTING, responses=_answers(RETRIED))
async def discard(request: Request, projection: Name, position: Position) -> Response:
    """Discard an event: this read model skips it, in rebuilds too. The events that waited behind it are folded."""
    operations = _operations(request, projection)
    retried = await run_in_threadpool(operations.discard, projection, position)
    if retried is None:
        return problem(404, "not-there", f"{projection} has no dead letter at {position}.")
    return _json(retried._asdict())


def _operations(request: Request, projection: str | None) -> Operations:
    """The operations of this process. Raises Problem 404 if there is no such projection, and 400 for a condition."""
    refuse_conditions(request, "A read model")
    operations: Operations = request.app.state.operations
    if projection is not None and projection not in operations.names():
        raise Problem(404, "not-there", f"There is no such projection. The projections are: {', '.join(operations.names())}.")
    return operations


def _begin(request: Request, path: str, work: Work, *expected: Expected) -> Response:
    """Begin a job of this process."""
    jobs: Jobs = request.app.state.jobs
    return _job(jobs.start(new_id(), work, *expected), 202, path)


def _begun(request: Request, id: UUID, what: str, path: str) -> Response:
    """The job that this process began, or 404."""
    job = request.app.state.jobs.get(id)
    if job is None:
        return problem(404, "not-there", f"This process has no {what} {id}.")
    return _job(job, 200, path)


def _job(job: Job, status: int, kind: str) -> Response:
    headers = {"Location": f"/v1/operations/{kind}/{job.id}"} if status == 202 else {}
    return Response(msgspec.json.encode(job), status, headers, "application/json")


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), 200, media_type="application/json")
