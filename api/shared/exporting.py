"""Complete results as CSV or NDJSON, for scripts.

Rows of a snapshot are first written into a temporary file, as they are sent. So a slow client holds no database connection, and
errors happen before the first byte is sent. The columns of a CSV are those of `api/shared/columns.py`: they depend on the route
and on `?fields=`, never on the rows.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any, Literal, NamedTuple

from fastapi import Query, Request
from starlette.responses import StreamingResponse

from api.shared.cells import Cells
from api.shared.columns import Column
from api.shared.encoding import encode

Form = Literal["text/csv", "application/x-ndjson"]

CSV: Form = "text/csv"
NDJSON: Form = "application/x-ndjson"
IN_MEMORY = 2**20
PORTION = 64 * 1024


class Style(NamedTuple):
    """How a CSV is written: with a byte order mark first, and with an apostrophe before texts that begin like a formula."""

    bom: bool = False
    neutralise: bool = True


async def csv_style(
    request: Request,
    bom: Annotated[
        bool, Query(description="Only for CSV: begin with a byte order mark, which Excel needs to read UTF-8.")
    ] = False,
    neutralise: Annotated[
        bool,
        Query(
            description="Only for CSV: put an apostrophe before a text that a spreadsheet would run as a formula. An import"
            " removes it again. Numbers never have one."
        ),
    ] = True,
) -> None:
    """Notes how the request wants its CSV. Every route that answers with CSV has these parameters."""
    request.state.csv_style = Style(bom, neutralise)


def wanted(request: Request) -> Form | None:
    """The format that the request prefers to a page. None if it asks for a page."""
    chosen = request.scope.get("media_type")
    return next((form for form in (CSV, NDJSON) if form == chosen), None)


class Gathered:
    """An answer in a temporary file."""

    def __init__(self, portions: Iterable[bytes]) -> None:
        """Takes all portions."""
        self._file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115, closed after it is sent
        for portion in portions:
            self._file.write(portion)

    def portions(self) -> Iterator[bytes]:
        """Each portion is large, because each is a change of threads."""
        self._file.seek(0)
        with self._file as file:
            while portion := file.read(PORTION):
                yield portion


def gathered_when_sent(portions: Iterable[bytes]) -> Iterator[bytes]:
    """The same portions. All are taken before the first one is sent, in the thread that sends: a slow client holds no rows."""
    yield from Gathered(portions).portions()


def answer(portions: Iterator[bytes], form: Form, position: int) -> StreamingResponse:
    return StreamingResponse(portions, 200, {"Position": str(position)}, form)


def written(rows: Iterable[Any], columns: Sequence[Column], form: Form, style: Style) -> Iterator[bytes]:
    """The rows as they are sent. A CSV has these columns, in this style."""
    return _csv(rows, columns, style) if form == CSV else (encode(row) + b"\n" for row in rows)


def _csv(rows: Iterable[Any], columns: Sequence[Column], style: Style) -> Iterator[bytes]:
    if style.bom:
        yield codecs.BOM_UTF8
    text, cells = io.StringIO(), Cells(columns, neutralise=style.neutralise)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow(cells.of(row))
        if text.tell() > PORTION:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    """Returns what was written so far, and empties the buffer."""
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written
