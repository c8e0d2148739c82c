"""Answers from read models. Each is complete at least up to the requested position, and states the position it reaches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from pydantic import AfterValidator, StringConstraints
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.shared import conditional, exporting
from api.shared.admission import in_its_thread, is_long, until_position
from api.shared.columns import columns
from api.shared.concerned import About, complete_about
from api.shared.encoding import encode
from api.shared.fields import CalendarDay
from api.shared.joint_reads import JointQuery, JointReads, K
from api.shared.nearest import unknown
from api.shared.picking import Schema, picked, row_schema
from api.shared.problems import RETRY_SECONDS, Problem, problem, refused
from commands.shared.outcome import VersionMismatch
from domain.shared.ids import keyed_digest
from domain.shared.money import MINOR_DIGITS
from infra.event_store.search import recorded_until
from infra.event_store.store import EventStore
from infra.memory import release_pages
from infra.read_models.completeness import Completeness, Needed, Of
from infra.read_models.digest import one_moment
from infra.read_models.rows_version import rows_version
from projections.shared.frames import shelve
from projections.shared.pages import LIMIT, Page
from projections.shared.rows import Row

T = TypeVar("T")
Pages = Callable[[Connection, int, str | None], Page]


def _known_currency(code: str) -> str:
    if code not in MINOR_DIGITS:
        # Of codes with three letters too many are similar to name one.
        raise unknown("There is no such currency in ISO 4217", code, ())
    return code


LARGEST_POSITION = 2**63 - 1
# Beyond these days a zone's offset would leave the range of dates.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 1, 1)
Day = Annotated[CalendarDay | None, Query(ge=FIRST_DAY, le=LAST_DAY)]
AnyCode = Annotated[str | None, Query(max_length=64)]
AnyCurrency = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known_currency)] | None,
    Query(description="A currency of ISO 4217, also one that ended.", examples=["EUR"]),
]
Limit = Annotated[int, Query(ge=1, le=LIMIT)]
Cursor = Annotated[str | None, Query(max_length=2000)]
Sentences = Annotated[
    bool, Query(description="Whether each event has a `sentence` in English and in Chinese, as in a customer's timeline.")
]


async def after_position(
    request: Request,
    after: Annotated[
        int | None,
        Query(
            ge=0,
            le=LARGEST_POSITION,
            description="Wait until the data reaches this position, to read your own write.",
        ),
    ] = None,
    position: Annotated[str | None, Header(alias="Position", pattern=r"^\d{1,18}$", include_in_schema=False)] = None,
) -> int:
    """The position that a read must reach: `?after=`, or the Position header of a command's answer, sent back.

    Raises Problem 422 if the log does not have this position.
    """
    wanted = max(after or 0, int(position or 0))
    completeness: Completeness = request.app.state.completeness
    if not await completeness.is_reached(wanted):
        # Another process may have answered this position a moment ago: only the store knows where the log ends.
        within_the_log(wanted, await run_in_threadpool(request.app.state.store.head))
    return wanted


After = Annotated[int, Depends(after_position)]


async def read(
    request: Request,
    projections: str | Mapping[str, UUID | None],
    after: int,
    query: Callable[[Connection], T],
    *,
    snapshot: bool = False,
    about: About | None = None,
) -> tuple[T, int]:
    """The query's result, and the position up to which it is complete.

    `about` gives the subjects that the answer is about, though the query reads the rows of others too: then only the waiting
    subjects that have to do with them count.

    `projections` are the read models that the query uses, each with the one subject that it needs, or None for all. With
    `snapshot` all statements of the query see the same moment, and the position is that of this moment. Raises Problem 503
    if one of the read models is not complete up to `after` within the time limit.
    """
    needed = {projections: None} if isinstance(projections, str) else projections
    position = await _position(request, needed, after, about)
    if not snapshot:
        return await in_its_thread(request, _query, request, query), position
    answer, reached = await in_its_thread(request, _query_moment, request, needed, lambda connection, _: query(connection))
    return answer, _complete(reached, after)


async def read_as_of(
    request: Request, needed: Mapping[str, UUID | None], after: int, query: Callable[[Connection, datetime], T]
) -> tuple[T, int]:
    """Like `read` with a snapshot, for a query that needs a clock: it gets the time when the answer's position was recorded.

    So an answer with the same position is the same, whenever it is asked for.
    """
    store: EventStore = request.app.state.store

    def as_of(connection: Connection, position: int) -> T:
        return query(connection, recorded_until(store, position))

    await _position(request, needed, after, None)
    answer, reached = await in_its_thread(request, _query_moment, request, needed, as_of)
    return answer, _complete(reached, after)


async def read_jointly(
    request: Request, needed: Mapping[str, UUID | None], after: int, query: JointQuery[K, T], key: K, about: About
) -> tuple[T | None, int]:
    """Like `read`, for one of many things: requests that wait at the same time share the query. None if there is none."""
    position = await _position(request, needed, after, about)
    joint: JointReads = request.app.state.joint_reads
    return await joint.answer(query, key), position


async def _position(request: Request, needed: Mapping[str, UUID | None], after: int, about: About | None) -> int:
    """The position up to which all that is needed is complete."""
    completeness: Completeness = request.app.state.completeness
    limit: float = request.app.state.settings.after_timeout
    waited: Needed = dict.fromkeys(needed, Of.PARTITIONS) if about else needed
    with until_position(request) if after else nullcontext():
        reached = await completeness.wait(waited, after, limit)
    if about and completeness.has_waiting(needed):
        reached = await in_its_thread(request, _about, request, needed, about)
    return _complete(reached, after)


def _complete(reached: Mapping[str, int], after: int) -> int:
    """The position up to which all are complete. Raises Problem 503 if that is before `after`."""
    slowest = min(reached, key=reached.__getitem__)
    if reached[slowest] < after:
        raise not_yet(slowest, after, reached[slowest])
    return reached[slowest]


def within_the_log(position: int, head: int) -> None:
    """Raises Problem 422 if the log ends before this position."""
    if position > head:
        detail = f"There is no position {position} yet: the last event has the position {head}."
        raise Problem(422, "beyond-the-log", detail, {"Position": str(head)})


def not_yet(what: str, wanted: int, reached: int) -> Problem:
    """Problem 503 with both positions."""
    detail = f"{what} is complete up to {reached}, not yet up to {wanted}."
    return Problem(503, "not-yet", detail, {"Retry-After": RETRY_SECONDS, "Position": str(reached)})


def _query(request: Request, query: Callable[[Connection], T]) -> T:
    with request.app.state.read_models.reader.connect() as connection:
        return query(connection)


def _about(request: Request, names: Collection[str], about: About) -> dict[str, int]:
    state = request.app.state
    with state.read_models.reader.connect() as connection:
        return complete_about(connection, state.store, state.completeness, names, about)


def _query_moment(
    request: Request, needed: Mapping[str, UUID | None], query: Callable[[Connection, int], T]
) -> tuple[T, dict[str, int]]:
    """The query's result, and the position up to which each read model is complete, all at one moment.

    The query gets the position up to which all of them are.
    """
    completeness: Completeness = request.app.state.completeness
    with one_moment(request.app.state.read_models) as connection:
        shelve(connection, request.app.state.frames, rows_version)
        reached = {name: completeness.seen_by(connection, name, subject) for name, subject in needed.items()}
        answer = query(connection, min(reached.values()))
        if is_long(request):
            release_pages(connection)
        return answer, reached


async def listing(
    request: Request,
    projections: str | Mapping[str, UUID | None],
    after: int,
    pages: Pages,
    *,
    show: Callable[[Row], Mapping[str, Any]],
    limit: int,
    cursor: str | None,
    schema: Callable[[Connection], Schema] | None = None,
    snapshot: bool = False,
) -> Response:
    """A page of a list; or all rows after the cursor, if the request asks for CSV or NDJSON.

    `schema` gives the schema of a row, if it says more about the columns of this request than the route does. `snapshot` is
    as in `read`; whole lists always have one.
    """
    if exporting.wanted(request) is None:
        one = await read(request, projections, after, lambda connection: pages(connection, limit, cursor), snapshot=snapshot)
        rows, position = one
        return page(request, [show(row) for row in rows.rows], rows.next, position)

    def every(connection: Connection) -> Iterator[Mapping[str, Any]]:
        rows = islice(_all(connection, pages, cursor), getattr(request.state, "at_most", None))
        return (show(row) for row in rows)

    return await exported(request, projections, after, every, schema=schema)


async def exported(
    request: Request,
    projections: str | Mapping[str, UUID | None],
    after: int,
    rows: Callable[[Connection], Iterable[Any]],
    *,
    schema: Callable[[Connection], Schema] | None = None,
) -> Response:
    """All rows as CSV or NDJSON, from one moment; only some of them are in memory at a time. `schema` is as in `listing`."""
    form, pick = exporting.wanted(request) or exporting.NDJSON, picked(request)

    def gathered(connection: Connection) -> exporting.Gathered:
        of_row = schema(connection) if schema else declared_schema(request)
        shown, picked_rows = columns(of_row, pick.names), (pick(row) for row in rows(connection))
        return exporting.Gathered(exporting.written(picked_rows, shown, form, request.state.csv_style))

    whole, position = await read(request, projections, after, gathered, snapshot=True)
    return exporting.answer(whole.portions(), form, position)


def _all(connection: Connection, pages: Pages, cursor: str | None) -> Iterator[Row]:
    rows, following = pages(connection, LIMIT, cursor)
    yield from rows
    while following:
        rows, following = pages(connection, LIMIT, following)
        yield from rows


def declared_schema(request: Request) -> Schema:
    """The schema of a row in the route's answers. Raises LookupError if the route has no rows."""
    schema = row_schema(request.scope["route"].responses)
    if schema is None:
        raise LookupError(request.scope["route"].path)
    return schema


def report(request: Request, body: Mapping[str, Any], position: int, schema: Schema | None = None) -> Response:
    """A report; or its `groups` only, if the request asks for CSV or NDJSON. `schema` is as in `listing`."""
    form, pick = exporting.wanted(request), picked(request)
    groups = [pick(group) for group in body["groups"]]
    if form is None:
        return _answered(request, {**body, "groups": groups}, position, headers=_link(body))
    shown = columns(schema or declared_schema(request), pick.names)
    portions = exporting.written(groups, shown, form, request.state.csv_style)
    return exporting.answer(exporting.gathered_when_sent(portions), form, position)


def found(request: Request, body: Any, position: int, version: int | None = None) -> Response:
    """200 with the body; 304 if the caller already has exactly this body, 412 if they ask for another version.

    The ETag begins with the version, for If-Match. A digest follows, because an answer can change without a new version:
    through a customer's orders, an erasure, or the end of a day.
    """
    return _answered(request, picked(request)(body), position, version)


def _answered(
    request: Request, body: Any, position: int, version: int | None = None, headers: Mapping[str, str] = {}
) -> Response:
    content = encode(body)
    headers = {"Position": str(position), **headers}
    if version is not None:
        digest = keyed_digest(request.app.state.store.secret, "etag", content)
        tag = f"{version}-{digest[:8].hex()}"
        headers["ETag"] = f'"{tag}"'
        if not conditional.wanted(request, tag):
            other = VersionMismatch(f"The version is {version}. The request asks for another.", version=version)
            return refused(other, headers)
        if conditional.known(request, tag):
            return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, "application/json")


def absent(name: str, id: object, position: int) -> Response:
    return problem(404, "not-there", f"There is no {name} {id}.", headers={"Position": str(position)})


def page(
    request: Request, items: Sequence[Mapping[str, Any]], cursor: str | None, position: int, *, parameter: str = "cursor"
) -> Response:
    """A page of a list, with a link to the next page if there is one."""
    pick = picked(request)
    body = {"items": [pick(item) for item in items], **following(request, cursor, parameter)}
    return Response(encode(body), 200, {"Position": str(position)} | _link(body), "application/json")


def following(request: Request, cursor: str | None, parameter: str = "cursor") -> dict[str, str | None]:
    """`next` of a page: the address of the next page, None if there is none."""
    if not cursor:
        return {"next": None}
    return {"next": str(request.url.include_query_params(**{parameter: cursor}).replace(scheme="", netloc=""))}


def _link(body: Mapping[str, Any]) -> dict[str, str]:
    """The header with the link to the next page, if the body has one."""
    return {"Link": f'<{body["next"]}>; rel="next"'} if body.get("next") else {}
