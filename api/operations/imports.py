"""Imports over HTTP: start one with a mapping and a file, and follow its progress and the results of its rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import File, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool

from api.operations.jobs import Expected, Job, Jobs, Progress, TooManyJobs
from api.operations.uploads import Upload, UploadRoute
from api.shared.access import Caller, may
from api.shared.commanding import OWN_REQUEST
from api.shared.conditional import refuse_conditions
from api.shared.nearest import because
from api.shared.openapi import EVERYWHERE, POSITION, problems
from api.shared.problems import Problem, problem
from api.shared.routes import Router
from api.shared.schemas import ID, INTEGER, MAYBE_TEXT, TEXT, TEXTS, Schema, fields
from api.shared.strict import AuthenticatedRoute
from commands.importing.mapping import Mapping, MappingError, parse_mapping
from commands.importing.reading import FileUnreadable, sha256
from commands.importing.report import Report
from commands.importing.run import ImportInterrupted, run_import
from commands.importing.toml import LARGEST
from domain.operations.imports import Import
from domain.shared.aggregate import replayed
from domain.shared.ids import external_id
from domain.shared.refusals import Refusal
from infra.event_store.store import EventStore

router = Router(prefix="/v1/imports", tags=["imports"], route_class=AuthenticatedRoute)
uploading = Router(prefix="/v1/imports", tags=["imports"], route_class=UploadRoute)

PARTS = ("mapping", "file")
LARGEST_UPLOAD = 4 * 1024**3
EXPECTED = Expected((FileUnreadable, MappingError, ImportInterrupted, Refusal))

_COUNTS: Schema = {"type": "object", "additionalProperties": INTEGER}
REFUSED_ROW = fields(
    {
        "line": INTEGER,
        "column": TEXT | {"description": "The columns of the value, or empty if a rule refused the command."},
        "field": TEXT | {"description": "The mapping's key of the value, or the refused command."},
        "rule": TEXT,
        "reason": TEXT,
        "done": TEXTS | {"description": "The row's commands that were recorded before."},
    }
)
REPORT = fields(
    {
        "import_id": ID,
        "system": TEXT,
        **dict.fromkeys(("rows", "accepted", "repeated", "refused"), INTEGER),
        "irregular": _COUNTS,
        "position": INTEGER | {"description": "Read models that have reached this position hold what the import recorded."},
    },
    {
        **dict.fromkeys(("skipped", "commands"), INTEGER),
        "seconds": {"type": "number"},
        "refused_by_rule": _COUNTS,
        "refusals": {"type": "array", "items": REFUSED_ROW},
    },
) | {"type": ["object", "null"]}
IMPORT = fields(
    {
        "id": ID,
        "state": {"enum": ["running", "completed", "failed", "unfinished"]},
        "rows_done": INTEGER,
        "rows": INTEGER,
        "report": REPORT,
        "error": MAYBE_TEXT,
    }
)


def _answers(status: int) -> dict[int | str, dict[str, Any]]:
    headers = {"Position": POSITION | {"description": "The report's `position`, once there is a report."}}
    shown = {"description": "The import", "content": {"application/json": {"schema": IMPORT}}, "headers": headers}
    return {status: shown, **EVERYWHERE}


@uploading.post(
    "",
    status_code=202,
    responses=_answers(202) | problems(507),
    max_body_size=LARGEST_UPLOAD,
    dependencies=[OWN_REQUEST],
)
async def start(
    request: Request,
    caller: Annotated[Caller, may("imports:run")],
    mapping: Annotated[UploadFile, File(description="How rows become commands, in TOML.")],
    file: Annotated[UploadFile, File(description="The rows, as CSV.")],
) -> Response:
    """Import a file in the background. A repeat with the same file and mapping imports only the remaining rows."""
    refuse_conditions(request, "An import")
    await _refuse_other_parts(request)
    parsed = await _parsed(mapping)
    upload: Upload = request.state.upload
    path = upload.folder() / _name(file)
    await run_in_threadpool(_save, file, path)
    id = await run_in_threadpool(identity, parsed, path, request.app.state.store.secret)

    def work(progress: Progress) -> Report:
        state = request.app.state
        return run_import(state.executor, state.store.secret, parsed, path, caller.actor, progress)

    job = _begin(request.app.state.jobs, id, work, upload, caller.id)
    return _answer(202, _of_job(job), {"Location": f"/v1/imports/{id}"})


@router.get("/{id}", dependencies=[may("imports:read")], responses=_answers(200))
async def one(request: Request, id: UUID) -> Response:
    """The progress of an import, or the results of its rows. A process that did not run the import knows only the counts.

    To read what it recorded, send `Position` back or wait for it with `?after=`.
    """
    job = request.app.state.jobs.get(id)
    if job is not None:
        return _answer(200, _of_job(job))
    recorded = await run_in_threadpool(recorded_import, request.app.state.store, id)
    if recorded is None:
        return problem(404, "not-there", f"There is no import {id}.")
    return _answer(200, _of_record(*recorded))


def identity(mapping: Mapping, file: Path, secret: bytes) -> UUID:
    """The id of the import of this file with this mapping. Raises FileUnreadable."""
    return external_id("import", mapping.system, f"{sha256(file)} {mapping.sha256}", secret)


def recorded_import(store: EventStore, id: UUID) -> tuple[Import, int] | None:
    """The import as recorded in the log, and the position of its last event. None if it is not recorded."""
    events = store.streams([id]).get(id, ())
    if not events or type(events[0].event) not in Import.events:
        return None
    return replayed(Import, id, events), events[-1].position


async def _refuse_other_parts(request: Request) -> None:
    """Raises RequestValidationError if the form has another part than `mapping` and `file`, or one of them twice."""
    form = await request.form()
    errors = [
        {"type": "unknown_part", "loc": ("body", name), "msg": because("There is no such part", name, PARTS)}
        for name in form
        if name not in PARTS
    ]
    errors += [
        {"type": "repeated_part", "loc": ("body", name), "msg": "The part is given more than once"}
        for name in PARTS
        if len(form.getlist(name)) > 1
    ]
    if errors:
        raise RequestValidationError(errors, body=form)


async def _parsed(upload: UploadFile) -> Mapping:
    """The mapping. It is parsed in another thread: the loop waits for no parser. Raises Problem 422."""
    try:
        # One byte more than is allowed, so that the parser sees that it is too large.
        return await run_in_threadpool(parse_mapping, await upload.read(LARGEST + 1))
    except MappingError as error:
        raise Problem(422, "mapping-error", str(error)) from None


def _name(upload: UploadFile) -> str:
    """The name of the uploaded file, without folders and without characters that a file name may not contain."""
    name = PurePath((upload.filename or "").replace("\\", "/")).name
    kept = "".join(character for character in name if character.isprintable() and character != "\0")[:100]
    return kept if kept.strip(". ") else "file"


def _save(upload: UploadFile, path: Path) -> None:
    with path.open("wb") as target:
        shutil.copyfileobj(upload.file, target)


def _begin(jobs: Jobs, id: UUID, work: Callable[[Progress], Report], upload: Upload, by: str) -> Job:
    """The job that runs this import. The upload is closed when the job ends, or now if none is started.

    Raises TooManyJobs.
    """
    begun = jobs.get(id)
    if begun is not None and begun.state == "running":
        upload.close()
        return begun

    def whole(progress: Progress) -> Report:
        try:
            return work(progress)
        finally:
            upload.close()

    try:
        return jobs.start(id, whole, EXPECTED, kind="import", by=by)
    except TooManyJobs:
        upload.close()
        raise


def _of_job(job: Job) -> dict[str, Any]:
    counts = {"rows_done": job.done, "rows": job.total}
    return {"id": job.id, "state": job.state, **counts, "report": job.result, "error": job.error}


def _of_record(recorded: Import, position: int) -> dict[str, Any]:
    unfinished = {"id": recorded.id, "state": "unfinished", "rows_done": 0, "rows": 0, "report": None, "error": None}
    if recorded.completed is None or recorded.started is None:
        return unfinished
    ended = recorded.completed
    counts = {name: getattr(ended, name) for name in ("rows", "accepted", "repeated", "refused", "irregular")}
    report = {"import_id": recorded.id, "system": recorded.started.system, **counts, "position": position}
    return {**unfinished, "state": "completed", "rows_done": ended.rows, "rows": ended.rows, "report": report}


def _answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    content = msgspec.to_builtins(body)
    if report := content["report"]:
        headers = {**(headers or {}), "Position": str(report["position"])}
    return Response(msgspec.json.encode(content), status, headers, "application/json")
