"""The rows of a file: their line numbers and their texts, each in its one form; None is an empty field.

A byte order mark at the start of the file is left out, and so is the apostrophe of a neutralised text.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple, TextIO

from commands.importing.mapping import WHITESPACE, FileFormat
from domain.shared.spreadsheets import restored
from domain.shared.text import one_form

LINE = "#"
COLUMNS = 2_000
MISFITS = 100_000
"""So many lines may have another number of fields. If more have one, the mapping describes another file."""
LONGEST_LINE = 1024 * 1024
"""In characters. A line of a quoted text counts for itself."""
PIECE, LINES = 1024 * 1024, 1_000
"""Bytes of the digest, and lines, between two steps."""

Step = Callable[[], None]
"""Called again and again while a file is read. What it raises ends the reading."""


class FileUnreadable(Exception):
    """The file cannot be read as the mapping describes it. Nothing was imported."""


class Row(NamedTuple):
    """`line` is the line on which the row starts in the file, from 1. The last of its texts is this line number.

    In the row of a piece, the last text is the piece's `number`, from 1, after the line number. A whole row has `number` 0.
    """

    line: int
    texts: tuple[str | None, ...]
    number: int = 0


class Misfit(NamedTuple):
    """A line whose number of fields is not the number of columns."""

    line: int
    fields: int


class Table(NamedTuple):
    """`columns` gives the index of each column's text in a row; `#` is the line number. The rows are read once, in order."""

    columns: dict[str, int]
    rows: Iterator[Row | Misfit]


def no_step() -> None:
    """Goes on."""


def sha256(file: Path, step: Step = no_step) -> str:
    """The SHA-256 of the file in hexadecimal. Raises FileUnreadable."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
                step()
        return digest.hexdigest()
    except OSError as error:
        raise FileUnreadable(f"{file.name} cannot be read: {error.strerror}.") from None


def read_table(file: Path, format: FileFormat, step: Step = no_step) -> Table:
    """The columns of the file, and its rows; blank lines are skipped. Raises FileUnreadable, also while rows are read."""
    names = _names(file, format)
    return Table(_places(names), _rows(file, format, len(names), step))


def _names(file: Path, format: FileFormat) -> Sequence[str]:
    with _opened(file, format) as stream:
        return format.columns or _header(_records(_without_mark(_lines(stream, no_step)), format))


@contextmanager
def _opened(file: Path, format: FileFormat) -> Iterator[TextIO]:
    try:
        with file.open(encoding=format.encoding, newline="") as stream:
            yield stream
    except UnicodeError:
        raise FileUnreadable(f"{file.name} is not in {format.encoding}: set its encoding in file.encoding.") from None
    except OSError as error:
        raise FileUnreadable(f"{file.name} cannot be read: {error.strerror}.") from None


def _lines(stream: TextIO, step: Step) -> Iterator[str]:
    """The lines of the file. Raises FileUnreadable if one is too long, before it is in memory."""
    for number in count(1):
        line = stream.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise FileUnreadable(f"Line {number} has more than {LONGEST_LINE} characters.")
        if not line:
            return
        if number % LINES == 0:
            step()
        yield line


def _rows(file: Path, format: FileFormat, width: int, step: Step) -> Iterator[Row | Misfit]:
    nulls, read = frozenset(map(one_form, format.nulls)), restored if format.neutralised else str
    misfits = 0
    with _opened(file, format) as stream:
        records = _records(_without_mark(_lines(stream, step)), format)
        for line, fields in records if format.columns else islice(records, 1, None):
            if len(fields) == width:
                texts = [None if (text := one_form(field)) in nulls else read(text) for field in fields]
                yield Row(line, (*texts, str(line)))
            elif misfits == MISFITS:
                raise FileUnreadable(
                    f"More than {MISFITS} lines do not have {width} fields: check file.delimiter and file.columns."
                )
            else:
                misfits += 1
                yield Misfit(line, len(fields))


def _places(names: Sequence[str]) -> dict[str, int]:
    """The index of each column. Raises FileUnreadable if there are too many, or two with the same name."""
    if len(names) > COLUMNS:
        raise FileUnreadable(f"It has {len(names)} columns. There may be at most {COLUMNS}.")
    named = [one_form(name) for name in names]
    for name, times in Counter(named).items():
        if name and times > 1:
            raise FileUnreadable(f"Two columns are called {name!r}: name all columns in file.columns, with file.skip = 1.")
    return {**{name: place for place, name in enumerate(named) if name}, LINE: len(named)}


def _header(records: Iterator[tuple[int, list[str]]]) -> list[str]:
    _, names = next(records, (0, []))
    if not any(name.strip() for name in names):
        raise FileUnreadable("The file has no header line: name its columns in file.columns.")
    return names


def _without_mark(stream: Iterable[str]) -> Iterator[str]:
    lines = iter(stream)
    yield from (line.removeprefix("\ufeff") for line in islice(lines, 1))
    yield from lines


def _records(stream: Iterable[str], format: FileFormat) -> Iterator[tuple[int, list[str]]]:
    """For each record, the line on which it starts and its fields."""
    lines = islice(stream, format.skip, None)
    if format.delimiter == WHITESPACE:
        numbered = ((line, text.split()) for line, text in enumerate(lines, start=format.skip + 1))
        return ((line, fields) for line, fields in numbered if fields)
    return _quoted(lines, format)


def _quoted(lines: Iterable[str], format: FileFormat) -> Iterator[tuple[int, list[str]]]:
    try:
        reader = csv.reader(
            lines,
            delimiter=format.delimiter,
            quotechar=format.quote or None,
            quoting=csv.QUOTE_MINIMAL if format.quote else csv.QUOTE_NONE,
            strict=True,
        )
    except (TypeError, ValueError) as error:
        raise FileUnreadable(f"No file can be read with this delimiter and quote: {error}.") from None
    start = format.skip + 1
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield start, fields
            start = format.skip + reader.line_num + 1
    except csv.Error as error:
        raise FileUnreadable(f"The record that starts on line {start} cannot be read: {error}.") from None
