"""Texts and codes, checked and brought into the form in which they are recorded: composed (NFC), trimmed, limited in length."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

from domain.shared.refusals import Malformed

C = TypeVar("C", bound=str)

LINE = 500
URL_LENGTH = 2000
CODE = re.compile(r"\w[\w.:/+-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def text(value: str, what: str, limit: int = LINE) -> str:
    """The trimmed text. Raises Malformed if it is blank, longer than `limit`, or has control characters."""
    clean = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if not 0 < len(clean) <= limit or UNPRINTABLE.search(clean):
        raise Malformed(f"The {what} must have 1 to {limit} characters and no control characters.")
    return clean


def web_url(value: str, what: str = "URL") -> str:
    """An `http` or `https` URL with a host: no other scheme, since readers show it as a link. Raises Malformed."""
    clean = text(value, what, URL_LENGTH)
    try:
        parts = urlsplit(clean)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or re.search(r"\s", clean):
        raise Malformed(f"The {what} must start with https:// or http:// and a host, without blanks.")
    return clean


def code(value: str, what: str) -> str:
    """A code: 1 to 64 letters, digits and `_ . : / + -`; never a name or an address. Raises Malformed."""
    clean = unicodedata.normalize("NFC", value)
    if not CODE.fullmatch(clean):
        raise Malformed(f"The {what} must be a code of 1 to 64 letters, digits and _ . : / + -")
    return clean


def optional_text(value: str | None, what: str, limit: int = LINE) -> str | None:
    return None if value is None else text(value, what, limit)


def optional_code(value: str | None, what: str) -> str | None:
    """A code or None. Values recorded unencrypted are codes, so that they cannot contain free text. Raises Malformed."""
    return None if value is None else code(value, what)


def own_id(value: str, limit: int) -> str:
    """Another system's id, unchanged. It may contain blanks, but not at its ends. Raises Malformed."""
    if text(value, "id", limit) != value:
        raise Malformed("An id must not begin or end with a blank, and must be composed (NFC).")
    return value


def choice(value: C, choices: Any, what: str) -> C:
    """One of the values of a Literal. Raises Malformed."""
    if value not in get_args(choices):
        raise Malformed(f"The {what} must be one of {', '.join(get_args(choices))}.")
    return value


def digest(value: str, what: str) -> str:
    """A SHA-256 digest in lower-case hexadecimal. Raises Malformed."""
    if not SHA256.fullmatch(value):
        raise Malformed(f"The {what} is not a SHA-256 digest in lower-case hexadecimal.")
    return value
