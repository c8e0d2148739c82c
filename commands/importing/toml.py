"""TOML within bounds. Python's parser takes a time that rises with the square of the number of parts of a dotted key."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from typing import Any

LARGEST = 256 * 1024
"""The largest text in bytes. Mappings have a few kilobytes, and maps of codes some more."""
PARTS = 16
"""So many parts a key may have. The deepest value of a mapping has six."""

_QUOTED = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:""""{0,2}|\\?\Z)'
    r"|'''(?:[^']|'(?!''))*+(?:''''{0,2}|\Z)"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
# Python refuses to read as many decimal digits, but not to read others; then it refuses to write the number.
_LONG_NUMBER = re.compile(r"0[xob]\w{100}")
_LONG_KEY = re.compile(rf"(?:\.[^.,=\n\[\]{{}}]*+){{{PARTS}}}")


class NotToml(Exception):
    """The text cannot be read; the message gives the reason."""


def parsed(raw: bytes) -> dict[str, Any]:
    """The document, with decimals instead of floats. Raises NotToml."""
    if len(raw) > LARGEST:
        raise NotToml(f"it is larger than {LARGEST // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotToml("it is not in UTF-8") from None
    # Texts and comments may contain any number of dots. Everything outside them is keys, numbers and times.
    plain = _QUOTED.sub("'", text)
    if _LONG_KEY.search(plain):
        raise NotToml(f"a key has more than {PARTS} parts")
    if _LONG_NUMBER.search(plain):
        raise NotToml("a number has too many digits")
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise NotToml(str(error)) from None
    except (RecursionError, ValueError, ArithmeticError):
        raise NotToml("it cannot be parsed") from None
