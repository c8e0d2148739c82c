"""Texts and codes, checked and brought into their one form: composed (NFC), lines ended by LF, no blanks around them.

The edges (`api/shared/text_form.py`, the cells of imports) bring every text into this form before anything is decided or
derived from it. The functions below do it again where a text is checked, because a command can be called without an edge.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, TypeVar, get_args
from unicodedata import combining, is_normalized, normalize
from urllib.parse import urlsplit

from domain.shared.refusals import Malformed

C = TypeVar("C", bound=str)

LINE = 500
URL_LENGTH = 2000
CODE = re.compile(r"\w[\w.:/+-]{0,63}")
ONE_FORM = "must not begin or end with a blank, and must be composed (NFC)."
BLANKS = " \t\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""Unicode's white space without the control characters, which `str.strip` takes for blanks too."""
SHA256 = re.compile(r"[0-9a-f]{64}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters except tab and LF, and lone surrogates."""
MARKS_OF_MARKS = "\u0f73\u0f75\u0f81"
"""Three Tibetan vowel signs of combining class 0 that are made of two marks."""
FEW_MARKS = 30
"""So many marks on one letter are a text in UAX #15's stream-safe format. No language uses more."""


def composed(value: str) -> str:
    """The text in Unicode's composed form (NFC), with LF for CRLF and for CR. Blanks around it stay."""
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    if value.isascii():
        return value
    value = _with_ordered_marks(value)
    # Nearly all texts are composed already, and to see that costs less than to compose them.
    return value if is_normalized("NFC", value) else normalize("NFC", value)


def is_composed(value: str) -> bool:
    """Whether the text is in Unicode's composed form (NFC)."""
    return value.isascii() or (_with_ordered_marks(value) == value and is_normalized("NFC", value))


def one_form(value: str) -> str:
    """The text in the form in which all texts are compared and recorded: composed, and without blanks around it."""
    return composed(value).strip(BLANKS)


def _with_ordered_marks(value: str) -> str:
    """The text with the marks of each long run in Unicode's order, which composing does not change any more.

    Python orders marks by insertion, at a cost that rises with the square of the run: 100,000 marks take seconds. Here it
    rises as that of sorting. A longer run than FEW_MARKS has a mark at each of so many places, so few places are looked at.
    """
    if not any(map(_is_mark, value[::FEW_MARKS])):
        return value
    runs = ((marks, list(run)) for marks, run in groupby(value, _is_mark))
    return "".join("".join(_ordered(run) if marks and len(run) > FEW_MARKS else run) for marks, run in runs)


def _ordered(run: list[str]) -> list[str]:
    """The marks, decomposed, in the canonical order of UAX #15: by combining class; those of one class keep their order."""
    return sorted((mark for one in run for mark in normalize("NFD", one)), key=combining)


def _is_mark(character: str) -> bool:
    return combining(character) != 0 or character in MARKS_OF_MARKS


def text(value: str, what: str, limit: int = LINE) -> str:
    """The text in its one form. Raises Malformed if it is blank, longer than `limit`, or has control characters."""
    clean = one_form(value)
    if not 0 < len(clean) <= limit or UNPRINTABLE.search(clean):
        raise Malformed(f"The {what} must have 1 to {limit} characters and no control characters.")
    return clean


def web_url(value: str) -> str:
    """An `http` or `https` URL with a host: no other scheme, since readers show it as a link. Raises Malformed."""
    clean = text(value, "URL", URL_LENGTH)
    try:
        parts = urlsplit(clean)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or re.search(r"\s", clean):
        raise Malformed("The URL must start with https:// or http:// and a host, without blanks.")
    return clean


def code(value: str, what: str) -> str:
    """A code: 1 to 64 letters, digits and `_ . : / + -`; never a name or an address. Raises Malformed, also for blanks.

    The edges trim codes, because ids are derived from them before this check.
    """
    clean = composed(value)
    if not CODE.fullmatch(clean):
        raise Malformed(f"The {what} must be a code of 1 to 64 letters, digits and _ . : / + -")
    return clean


def optional_text(value: str | None, what: str, limit: int = LINE) -> str | None:
    return None if value is None else text(value, what, limit)


def optional_code(value: str | None, what: str) -> str | None:
    """A code or None. Values recorded unencrypted are codes, so that they cannot contain free text. Raises Malformed."""
    return None if value is None else code(value, what)


def check_code(value: str | None, what: str) -> None:
    """Raises Malformed if it is not a code in its one form. None is not checked."""
    if value is not None and code(value, what) != value:
        raise Malformed(f"The {what} {ONE_FORM}")


def own_id(value: str, limit: int) -> str:
    """Another system's id, unchanged. It may contain blanks, but not around it. Raises Malformed."""
    if text(value, "id", limit) != value:
        raise Malformed(f"An id {ONE_FORM}")
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
