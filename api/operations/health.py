"""The status of the system: for probes, for Prometheus, and for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, get_args
from uuid import UUID

import msgspec
from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from api.operations.jobs import Progress
from api.operations.shared_status import SharedStatus
from api.operations.statuses import Status
from api.shared.access import may
from api.shared.admission import progress_gauge
from api.shared.openapi import answers, problems
from api.shared.problems import Problem, problem
from api.shared.routes import Router
from api.shared.schemas import FLAG, INSTANT, INTEGER, MAYBE_INSTANT, MAYBE_INTEGER, MAYBE_TEXT, TEXT, Schema, fields, maybe
from infra.read_models.troubles import Code

alive = Router(tags=["operations"])
router = Router(tags=["operations"])

RETRY = {"Retry-After": "1"}


class Operations(Protocol):
    """What these routes need from the process: its status, rebuilds and dead letters."""

    def status(self) -> Status:
        """Raises the errors of the stores if they do not answer."""

    def names(self) -> Sequence[str]:
        """The names of all projections."""

    def rebuild(self, projection: str, check: bool, progress: Progress) -> Any:
        """Rebuild the read model, or with `check` only compare; returns the result."""

    def rebuild_all(self, check: bool, progress: Progress) -> Any:
        """Rebuild all read models with one reading of the log, or with `check` only compare; returns the results."""

    def recounts(self) -> Sequence[Any]:
        """The last result of each read model that was rebuilt or checked."""

    def rotate_master_key(self, progress: Progress) -> Any:
        """Wrap all keys with the newest master key; returns the result."""

    def verify(self, progress: Progress) -> Any:
        """Read and compare the whole event store; returns what was found."""

    def confirm_clock(self) -> datetime:
        """Trust the clock of this process; returns its time."""

    def dead_letters(self, projection: str | None) -> Sequence[Any]: ...

    def retry(self, projection: str, subject: UUID | None) -> Any: ...

    def discard(self, projection: str, position: int) -> Any | None: ...


head_gauge = Gauge("recount_head_position", "Position of the last event in the log.")
lag_gauge = Gauge("recount_projection_lag", "Head of the log minus the position a read model is complete to.", ["projection"])
letters_gauge = Gauge(
    "recount_dead_letters", "Events that a read model could not fold, without discarded ones.", ["projection"]
)
unreadable_gauge = Gauge("recount_unreadable_events", "Events that are damaged, do not open, or have an unknown type.")
troubles_gauge = Gauge("recount_troubles", "Troubles that need an operator, by code.", ["code"])
following_gauge = Gauge("recount_following", "1 if a process runs the followers, else 0; only in the distributed deployment.")
follower_gauge = Gauge("recount_follower_lag", "Head of the log minus the position a follower has handled.", ["follower"])
frames_gauge = Gauge("recount_frames_bytes", "Bytes of rows that are kept for the next report about them.")
waiting_gauge = Gauge("recount_commands_waiting", "Commands in the queues of this process.")

PROJECTION = fields(
    {
        "name": TEXT,
        "state": {"enum": ["live", "retrying", "stopped", "outdated"]},
        "reason": TEXT,
        "complete_to": INTEGER,
        "lag": INTEGER,
        "dead_letters": INTEGER,
        "broken": {"type": "array", "items": INTEGER},
    }
)
TROUBLE = fields(
    {
        "code": {"enum": list(get_args(Code))},
        "source": TEXT,
        "detail": TEXT,
        "since": INSTANT,
    }
)
FOLLOWER = fields({"name": TEXT, "position": INTEGER, "lag": INTEGER})
FAILURE = fields({"at": INSTANT, "error": TEXT, "detail": TEXT})
RELAY = fields({"waiting": INTEGER, "waiting_since": MAYBE_INSTANT, "failure": maybe(FAILURE)})
_STATUS: dict[str, Schema] = {
    "deployment": {"enum": ["embedded", "distributed"]},
    "head": INTEGER,
    "projections": {"type": "array", "items": PROJECTION},
    "routed": MAYBE_INTEGER,
    "topic": MAYBE_TEXT,
    "relay": maybe(RELAY) | {"description": "What was not sent to Kafka yet, and the last failure; null if embedded."},
    "kafka": {"type": ["boolean", "null"]},
    "unreadable_events": INTEGER,
    "first_unreadable": {"type": "array", "items": INTEGER},
    "troubles": {"type": "array", "items": TROUBLE},
    "following": {"type": ["boolean", "null"]},
    "followers": {"type": "array", "items": FOLLOWER},
    "healthy": FLAG,
}
STATUS = fields(_STATUS)
READY = fields({"status": {"enum": ["ready", "degraded"]}, **_STATUS})
ALIVE = fields({"status": {"const": "alive"}})


@alive.get(
    "/health/live",
    responses={200: {"description": "This process answers", "content": {"application/json": {"schema": ALIVE}}}},
)
async def live() -> Response:
    """Whether this process answers. No key is needed."""
    return _json({"status": "alive"})


@router.get("/health/ready", dependencies=[may("operations:read")], responses=answers(READY, 503))
async def ready(request: Request) -> Response:
    """Whether the stores answer, and the lag of each read model and follower.

    `degraded`: it works, but needs an operator's attention. `following` is false if no process runs policies, deadlines, the
    end of days and webhooks: they wait. 503 while this process ends, so that a balancer sends requests elsewhere. Until then
    it answers them.
    """
    if request.app.state.ending:
        return problem(503, "ending", "This server ends.", headers=RETRY)
    try:
        status = await _status(request)
    except Exception as error:
        detail = f"The store or the database does not answer: {type(error).__name__}."
        return problem(503, "unavailable", detail, headers=RETRY)
    return _json({"status": "ready" if status.healthy else "degraded", **status.shown()}, status.head)


@router.get("/v1/status", dependencies=[may("operations:read")], responses=answers(STATUS))
async def status(request: Request) -> Response:
    """The positions and the lag of all read models and followers."""
    try:
        status = await _status(request)
    except TimeoutError:
        raise Problem(503, "unavailable", "The store or the database does not answer.", RETRY) from None
    return _json(status.shown(), status.head)


@router.get(
    "/metrics",
    dependencies=[may("operations:read")],
    responses={
        200: {
            "description": "Metrics in the format of Prometheus",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **problems(401, 403),
    },
)
async def metrics(request: Request) -> Response:
    """Metrics for Prometheus. While the database does not answer, the head is NaN and other metrics keep their last values."""
    frames_gauge.set(request.app.state.frames.size)
    waiting_gauge.set(request.app.state.executor.waiting())
    for lane in request.app.state.lanes:
        progress_gauge.labels(lane.name).set(lane.in_progress)
    try:
        _measure(await _status(request))
    except Exception:
        head_gauge.set(float("nan"))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _status(request: Request) -> Status:
    """Raises TimeoutError and the errors of the stores."""
    shared: SharedStatus = request.app.state.shared_status
    return await shared.read()


def _measure(status: Status) -> None:
    head_gauge.set(status.head)
    unreadable_gauge.set(status.unreadable_events)
    for code in get_args(Code):
        troubles_gauge.labels(code).set(sum(trouble.code == code for trouble in status.troubles))
    for projection in status.projections:
        lag_gauge.labels(projection.name).set(projection.lag)
        letters_gauge.labels(projection.name).set(projection.dead_letters)
    if status.following is not None:
        following_gauge.set(status.following)
    for follower in status.followers:
        follower_gauge.labels(follower.name).set(follower.lag)


def _json(body: Any, position: int | None = None) -> Response:
    headers = {} if position is None else {"Position": str(position)}
    return Response(msgspec.json.encode(body), 200, headers, "application/json")
