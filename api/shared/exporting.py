"""Complete results as CSV or NDJSON, for scripts.

Rows are first collected in a temporary file, from one snapshot. So a slow client holds no database connection, and errors
happen before the first byte is sent. The columns of a CSV are those of `api/shared/columns.py`: they depend on the route and on
`?fields=`, never on the rows.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import Query, Request
from starlette.responses import StreamingResponse

from api.shared.columns import Column
from api.shared.encoding import encode
from domain.shared.spreadsheets import neutralised

Form = Literal["text/csv", "application/x-ndjson"]
Row = Mapping[str, Any]

CSV: Form = "text/csv"
NDJSON: Form = "application/x-ndjson"
IN_MEMORY = 2**20
AT_ONCE = 1000
BLOCK = 2**16


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
    """Rows in a temporary file, one JSON object per line."""

    def __init__(self, rows: Iterable[Row], columns: Sequence[Column]) -> None:
        self._file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115, closed after it is sent
        self._columns = columns
        for row in rows:
            self._file.write(encode(row) + b"\n")

    def answer(self, request: Request, form: Form, position: int) -> StreamingResponse:
        return StreamingResponse(self._bytes(form, request.state.csv_style), 200, {"Position": str(position)}, form)

    def _bytes(self, form: Form, style: Style) -> Iterator[bytes]:
        self._file.seek(0)
        with self._file as lines:
            # A portion at a time, and not a line: each portion is read in a thread of its own.
            yield from iter(partial(lines.read, BLOCK), b"") if form == NDJSON else self._csv(lines, style)

    def _csv(self, lines: Iterable[bytes], style: Style) -> Iterator[bytes]:
        if style.bom:
            yield codecs.BOM_UTF8
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([column.name for column in self._columns])
        cells = [(column.reader(), _text if column.text and style.neutralise else _cell) for column in self._columns]
        for count, line in enumerate(lines, start=1):
            row = msgspec.json.decode(line)
            writer.writerow([shown(value(row)) for value, shown in cells])
            if count % AT_ONCE == 0:
                yield _taken(text)
        yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    """Returns what was written so far, and empties the buffer."""
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


def _text(value: Any) -> Any:
    """The cell of a text, neutralised."""
    return neutralised(value) if type(value) is str else _cell(value)


def _cell(value: Any) -> Any:
    """The cell of a value: nothing for null, digits without an exponent for a number, JSON for a list or an object."""
    if value is None:
        return ""
    if type(value) is str or type(value) is int:
        return value
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    return msgspec.json.encode(value).decode() if isinstance(value, bool | list | dict) else value
