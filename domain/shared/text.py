"""Texts and codes in the one form in which they are recorded: composed (NFC), trimmed, no longer than they may be."""

from __future__ import annotations

import re
import unicodedata

from domain.shared.refusals import Malformed

LINE = 500
CODE = re.compile(r"\w[\w.:/+-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def text(value: str, what: str, limit: int = LINE) -> str:
    """The text without space around it. Raises Malformed where it is blank, longer than `limit`, or has control characters."""
    clean = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if not 0 < len(clean) <= limit or UNPRINTABLE.search(clean):
        raise Malformed(f"The {what} must have 1 to {limit} characters, and no control characters.")
    return clean


def code(value: str, what: str) -> str:
    """A code: up to 64 letters, digits and `_ . : / + -`, never a name or an address. Raises Malformed."""
    clean = unicodedata.normalize("NFC", value)
    if not CODE.fullmatch(clean):
        raise Malformed(f"The {what} is a code of 1 to 64 letters, digits and _ . : / + -")
    return clean


def digest(value: str, what: str) -> str:
    """A SHA-256 digest in lower-case hexadecimal. Raises Malformed."""
    if not SHA256.fullmatch(value):
        raise Malformed(f"The {what} is not a SHA-256 digest in lower-case hexadecimal.")
    return value
