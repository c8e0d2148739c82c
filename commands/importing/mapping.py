"""The mapping file, in TOML: it says what the rows of a CSV file mean. `docs/importing.md` explains every key."""

from __future__ import annotations

import codecs
import hashlib
from datetime import datetime
from typing import Any, Literal

import msgspec

from commands.importing.toml import NotToml, parsed
from domain.shared.events import Precision
from domain.shared.occurrence import checked_zone, occurrence
from domain.shared.refusals import Malformed
from domain.shared.text import code, composed

WHITESPACE = "whitespace"
MAKES = 100
SKIPPED = 1_000_000
COSTLY = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "unicode_escape", "raw_unicode_escape"})
"""Encodings that are not those of files. To decode the first two takes a time that rises with the square of the length."""


class MappingError(Exception):
    """The mapping cannot be used; the message names the key."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the mapping. An unknown key is an error, so that no misspelt key is ignored."""


class FileFormat(Part, frozen=True):
    """`columns` names the columns of a file without a header line; `skip` is the number of lines to skip at the top.

    `decimal` to `exponent` declare how the file writes numbers: the signs, the size of the groups of digits (12,34,567 is
    "indian"), where the minus of a negative number is, and whether there are numbers such as 1.5e-7. In a `neutralised` file,
    as our own exports are, a text has an apostrophe before a sign that begins a formula.
    """

    delimiter: str = ","
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    quote: str = '"'
    decimal: Literal[".", ","] = "."
    thousands: str = ""
    grouping: Literal["thousands", "indian"] = "thousands"
    negative: Literal["leading", "trailing", "parentheses"] = "leading"
    exponent: bool = False
    nulls: tuple[str, ...] = ("",)
    skip: int = 0
    neutralised: bool = True


class Time(Part, frozen=True):
    """A time with its own format, as in strptime. `precision` is given if the times are less precise than the format."""

    time: str
    format: str | None = None
    precision: Precision | None = None
    zone: str | None = None


Conditions = dict[str, bool | int | str | list[int | str]]


class Each(Part, frozen=True):
    """A column whose text has several pieces, separated by `split`."""

    column: str
    split: str


class Make(Part, frozen=True):
    """A command for each row, or for each piece of a text, if the row fulfils all of `when` and none of `unless`."""

    command: str
    each: Each | None = None
    id: str | dict[str, str] = {}
    occurred_at: str | Time | None = None
    when: Conditions = {}
    unless: Conditions = {}
    facts: dict[str, Any] = {}


class Mapping(Part, frozen=True):
    """The mapping as written in its file, with the SHA-256 of its text. `event` is the template of the source's event id."""

    system: str
    make: tuple[Make, ...]
    file: FileFormat = FileFormat()
    ids: dict[str, str] = {}
    event: str | None = None
    occurred_at: str | Time | None = None
    time_zone: str | None = None
    cut_off: str | None = None
    sha256: str = ""

    @property
    def complete_up_to(self) -> datetime | None:
        return None if self.cut_off is None else occurrence(self.cut_off, self.time_zone).at


def parse_mapping(raw: bytes) -> Mapping:
    """The mapping in this TOML text. Raises MappingError."""
    try:
        document = parsed(raw)
    except NotToml as error:
        raise MappingError(f"The mapping is not TOML: {error}.") from None
    if "sha256" in document:
        raise MappingError("sha256: there is no such key.")
    try:
        mapping = msgspec.convert({**_composed(document), "sha256": hashlib.sha256(raw).hexdigest()}, Mapping)
    except msgspec.ValidationError as error:
        raise MappingError(f"The mapping is not valid: {error}") from None
    except RecursionError:
        raise MappingError("The mapping is not valid: it is nested too deeply.") from None
    _check(mapping)
    return mapping


def _composed(value: Any) -> Any:
    """The value with all its texts composed, as the cells of the file are. Raises MappingError if two keys become the same."""
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, list):
        return [_composed(part) for part in value]
    if not isinstance(value, dict):
        return value
    parts = {composed(key): _composed(part) for key, part in value.items()}
    if len(parts) < len(value):
        raise MappingError("Two keys of a table are the same text.")
    return parts


def _check(mapping: Mapping) -> None:
    _check_format(mapping.file)
    if not mapping.make:
        raise MappingError("make: at least one [[make]] is needed; it names the command for the rows.")
    if len(mapping.make) > MAKES:
        raise MappingError(f"make: there may be at most {MAKES}.")
    for key, check in (
        ("system", lambda: code(mapping.system, "system")),
        ("time_zone", lambda: checked_zone(mapping.time_zone)),
        ("cut_off", lambda: mapping.complete_up_to),
    ):
        try:
            check()
        except Malformed as refusal:
            raise MappingError(f"{key}: {refusal.detail}") from None


def _check_format(file: FileFormat) -> None:
    if file.delimiter != WHITESPACE and not _one_character(file.delimiter):
        raise MappingError(f"file.delimiter: it must be one character, or {WHITESPACE!r}.")
    if file.quote and (not _one_character(file.quote) or file.quote == file.delimiter):
        raise MappingError("file.quote: it must be one character, not the delimiter; or an empty text if nothing is quoted.")
    signs = f"{file.decimal}+-\u2212()"
    if len(file.thousands) > 1 or file.thousands.isalnum() or (file.thousands and file.thousands in signs):
        raise MappingError("file.thousands: it must be one character, not the decimal sign, a letter or a digit; or empty.")
    if file.grouping != "thousands" and not file.thousands:
        raise MappingError("file.grouping: it needs file.thousands, the character that groups digits.")
    if not 0 <= file.skip <= SKIPPED:
        raise MappingError(f"file.skip: it must be a number of lines, from zero to {SKIPPED}.")
    if not _is_text_encoding(file.encoding):
        raise MappingError(f"file.encoding: there is no text encoding {file.encoding!r}.")


def _is_text_encoding(name: str) -> bool:
    """Whether files can be written in it. Python's codecs also include compression and the encoding of host names."""
    try:
        # Only `str.encode` and `bytes.decode` refuse codecs that are not for text, whatever these would do with no bytes.
        "".encode(name)
        return codecs.lookup(name).name not in COSTLY and b"".decode(name) == ""
    except (LookupError, ValueError):
        return False


def _one_character(text: str) -> bool:
    return len(text) == 1 and text not in "\r\n\0"
