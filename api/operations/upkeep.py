"""Operators' work over HTTP: rebuilds of read models, verifications, rotations of the master key, the clock, and dead letters.

A dead letter is an event that a read model could not fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, get_args
from uuid import UUID

import msgspec
from fastapi import Path, Query, Request, Response
from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool

from api.operations.health import Operations
from api.operations.jobs import Expected, Job, Jobs, Kind, State, Work
from api.shared.access import Caller, may
from api.shared.bounds import PAGE, REPORT
from api.shared.commanding import OWN_REQUEST
from api.shared.conditional import refuse_conditions
from api.shared.fields import Body
from api.shared.nearest import because
from api.shared.openapi import EVERYWHERE, answers, problems
from api.shared.problems import Problem, problem, wrong_parameter
from api.shared.reading import LARGEST_POSITION
from api.shared.routes import Router
from api.shared.schemas import FLAG, ID, INSTANT, INTEGER, MAYBE_INTEGER, MAYBE_TEXT, TEXT, TEXTS, Schema, fields, maybe
from api.shared.strict import StrictRoute
from domain.shared.ids import new_id
from infra.event_store.rotation import MasterKeysUnreadable, RotatedElsewhere
from infra.event_store.vault import MasterKeyMissing

router = Router(prefix="/v1/operations", tags=["operations"], route_class=StrictRoute)

ACTING: Any = [may("operations:act", REPORT), OWN_REQUEST]
Acting = Annotated[Caller, may("operations:act")]

Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z_]+$", description="A projection's name.")]
Position = Annotated[int, Path(ge=1, le=LARGEST_POSITION)]

STATE = {"enum": list(get_args(State))}
_BEGUN: dict[str, Schema] = {
    "id": ID,
    "kind": {"enum": list(get_args(Kind))},
    "begun_at": INSTANT,
    "by": MAYBE_TEXT | {"description": "The id of the key that asked for it; null if the process itself began it."},
    "ended_at": maybe(INSTANT),
    "state": STATE,
    "done": INTEGER,
    "total": INTEGER,
}
JOB = fields({**_BEGUN, "result": {"type": ["object", "null"]}, "error": MAYBE_TEXT})
LISTED_JOB = fields({**_BEGUN, "link": TEXT | {"description": "Where the result of the job is read."}})
JOBS = fields({"items": {"type": "array", "items": LISTED_JOB}})
DIFFERENCE = fields(
    {
        "table": TEXT,
        "fault": {"enum": ["missing", "surplus", "different"], "description": "`missing`: only the rebuilt rows have it."},
        "key": {"type": "object", "description": "The ids and numbers of the row's key."},
        "columns": TEXTS,
    }
)
RECOUNT = fields(
    {
        "projection": TEXT,
        "at": INSTANT,
        "position": MAYBE_INTEGER,
        "seconds": {"type": ["number", "null"]},
        "live": MAYBE_TEXT,
        "rebuilt": MAYBE_TEXT,
        "same": {"type": ["boolean", "null"]},
        "difference": maybe(DIFFERENCE),
        "dead_letters": MAYBE_INTEGER,
        "swapped": FLAG,
        "error": MAYBE_TEXT,
    }
)
RECOUNTS = fields({"items": {"type": "array", "items": RECOUNT}, "never": TEXTS})
PATHS: Mapping[Kind, str] = {
    "rebuild": "/v1/operations/rebuilds",
    "check": "/v1/operations/rebuilds",
    "master-key-rotation": "/v1/operations/master-key-rotations",
    "verification": "/v1/operations/verifications",
    "import": "/v1/imports",
}
"""Where a job of each kind is read, by its id."""
REBUILD: Kind = "rebuild"
CHECK: Kind = "check"
ROTATION: Kind = "master-key-rotation"
VERIFICATION: Kind = "verification"
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


@router.post("/rebuilds", status_code=202, dependencies=[OWN_REQUEST], responses=_answers(JOB, 202))
async def rebuild(request: Request, caller: Annotated[Caller, may("operations:check", REPORT)], body: RebuildBody) -> Response:
    """Rebuild a read model, or all, in the background while the old ones answer. With `check`, only compare.

    A check needs only the permission `operations:check`, which auditors have; a rebuild needs `operations:act`. Only the
    process that started the job knows its id; `GET /v1/operations/recounts` has the last results of all processes. The result
    of all is `projections`, a list with one result for each. One that cannot be rebuilt has an `error` there, and does not hold
    back the others. A result whose digests differ has the first `difference`.
    """
    if not body.check and not caller.may("operations:act"):
        raise Problem(403, "forbidden", "To replace a read model needs the permission operations:act; to check it does not.")
    operations, kind = _operations(request, body.projection), CHECK if body.check else REBUILD
    if body.projection is None:
        return _begin(request, caller, kind, partial(operations.rebuild_all, body.check))
    return _begin(request, caller, kind, partial(operations.rebuild, body.projection, body.check))


@router.get("/recounts", dependencies=[may("operations:read", PAGE)], responses=answers(RECOUNTS))
async def recounts(request: Request) -> Response:
    """The last result of each read model that was rebuilt or checked, in any process.

    `same`: at `position`, the live rows were those that the log gives; null if they could not be compared. `never` are the read
    models that were not recounted yet. The results are stored next to the read models, and survive a restart.
    """
    operations: Operations = request.app.state.operations
    known, head = await run_in_threadpool(lambda: (operations.recounts(), request.app.state.store.head()))
    current = [one for one in known if one.projection in operations.names()]
    items = [{**msgspec.to_builtins(one), "same": one.same} for one in current]
    never = [name for name in operations.names() if name not in {one.projection for one in current}]
    return _json({"items": items, "never": never}, {"Position": str(head)})


@router.get("/jobs", dependencies=[may("operations:read", PAGE)], responses=_answers(JOBS))
async def all_jobs(request: Request) -> Response:
    """The latest jobs of this process, at least the last hundred, and the newest first. Two run at a time; others wait.

    The results are in the jobs themselves, at `link`. Another process knows other jobs.
    """
    jobs: Jobs = request.app.state.jobs
    return _json({"items": [_listed(job) for job in jobs.latest()]})


@router.get("/rebuilds/{id}", dependencies=[may("operations:read")], responses=_answers(JOB))
async def rebuilding(request: Request, id: UUID) -> Response:
    """The progress of a rebuild, or its result."""
    return _begun(request, id, "rebuild", REBUILD, CHECK)


@router.post("/master-key-rotations", status_code=202, responses=_answers(JOB, 202))
async def rotate_master_key(request: Request, caller: Acting) -> Response:
    """Wrap all keys again, with the newest master key, while everything else goes on.

    A rotation that was interrupted continues with the next one.
    """
    refuse_conditions(request, "A rotation of the master key")
    operations: Operations = request.app.state.operations
    return _begin(request, caller, ROTATION, operations.rotate_master_key, EXPECTED)


@router.get("/master-key-rotations/{id}", dependencies=[may("operations:read")], responses=_answers(JOB))
async def master_key_rotation(request: Request, id: UUID) -> Response:
    """The progress of a rotation in keys, or its result: how many were wrapped again, and how many are damaged."""
    return _begun(request, id, "rotation", ROTATION)


@router.post("/verifications", status_code=202, responses=_answers(JOB, 202))
async def verify(request: Request, caller: Acting) -> Response:
    """Read the whole event store and compare everything in it, while everything else goes on."""
    refuse_conditions(request, "A verification")
    operations: Operations = request.app.state.operations
    return _begin(request, caller, VERIFICATION, operations.verify, EXPECTED)


@router.get("/verifications/{id}", dependencies=[may("operations:read")], responses=_answers(JOB))
async def verification(request: Request, id: UUID) -> Response:
    """The progress of a verification, or its result: the number of `findings`, and the first thousand of them."""
    return _begun(request, id, "verification", VERIFICATION)


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


def _begin(request: Request, caller: Caller, kind: Kind, work: Work, *expected: Expected) -> Response:
    """Begin a job of this process."""
    jobs: Jobs = request.app.state.jobs
    job = jobs.start(new_id(), work, *expected, kind=kind, by=caller.id)
    return Response(msgspec.json.encode(job), 202, {"Location": f"{PATHS[kind]}/{job.id}"}, "application/json")


def _begun(request: Request, id: UUID, what: str, *kinds: Kind) -> Response:
    """The job of these kinds that this process began, or 404."""
    job = request.app.state.jobs.get(id)
    if job is None or job.kind not in kinds:
        return problem(404, "not-there", f"This process has no {what} {id}.")
    return _json(job)


def _listed(job: Job) -> dict[str, Any]:
    """The job without its result and its error, which may be long, and may need another permission."""
    shown = {name: value for name, value in msgspec.structs.asdict(job).items() if name not in ("result", "error")}
    return shown | {"link": f"{PATHS[job.kind]}/{job.id}"}


def _json(body: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), 200, dict(headers or {}), "application/json")
