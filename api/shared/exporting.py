"""Complete results as CSV or NDJSON, for scripts.

Rows are first collected in a temporary file, from one snapshot. So a slow client holds no database connection, and errors
happen before the first byte is sent. In CSV a nested value has a column such as `attributes.size`, a list is JSON, and an
absent value is empty. Columns are in the order of `?fields=`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Literal

import msgspec
from fastapi import Request
from starlette.responses import StreamingResponse

from api.shared.encoding import encode
from api.shared.picking import Pick

Form = Literal["text/csv", "application/x-ndjson"]
Row = Mapping[str, Any]

CSV: Form = "text/csv"
NDJSON: Form = "application/x-ndjson"
IN_MEMORY = 2**20
AT_ONCE = 1000


def wanted(request: Request) -> Form | None:
    """The format that the request prefers to a page. None if it asks for a page."""
    chosen = request.scope.get("media_type")
    return next((form for form in (CSV, NDJSON) if form == chosen), None)


class Gathered:
    """Rows in a temporary file, one JSON object per line, and all columns that occur in them."""

    def __init__(self, rows: Iterable[Row], pick: Pick) -> None:
        self._file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115, closed after it is sent
        columns: dict[str, None] = {}
        for row in rows:
            line = encode(row)
            columns.update(dict.fromkeys(_flat(msgspec.json.decode(line))))
            self._file.write(line + b"\n")
        self.columns = pick.columns(columns)

    def answer(self, form: Form, position: int) -> StreamingResponse:
        return StreamingResponse(self._bytes(form), 200, {"Position": str(position)}, form)

    def _bytes(self, form: Form) -> Iterator[bytes]:
        self._file.seek(0)
        with self._file as lines:
            yield from lines if form == NDJSON else self._csv(lines)

    def _csv(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, restval="", extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        for count, line in enumerate(lines, start=1):
            writer.writerow(_flat(msgspec.json.decode(line)))
            if count % AT_ONCE == 0:
                yield _taken(text)
        yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    """Returns what was written so far, and empties the buffer."""
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, part in value.items():
        if isinstance(part, dict) and part:
            flat |= _flat(part, f"{prefix}{name}.")
        else:
            flat[prefix + name] = _cell(part)
    return flat


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return msgspec.json.encode(value).decode() if isinstance(value, bool | list | dict) else value
