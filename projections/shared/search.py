"""Text search: stored and searched text have one folded form, so that both databases give the same answers.

A search finds a name by any part of it, in every script, regardless of case and character width, and regardless of marks on
Latin, Greek and Cyrillic letters: a plain LIKE over a narrow index. Trigrams (pg_trgm, FTS5) would not find names of one or
two Chinese characters, which are the most common search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import combining, normalize

from sqlalchemy import ColumnElement, Text, and_

LAST_CHARACTER = "\U0010ffff"

# Text compared by code point on both databases; SQLite does this by default.
SORTED_TEXT = Text().with_variant(Text(collation="C"), "postgresql")

LATIN = (
    r"A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1d00-\u1dbf\u1e00-\u1eff"
    r"\u2c60-\u2c7f\ua722-\ua7ff\uab30-\uab6f"
)
GREEK = r"\u0370-\u03ff\u1f00-\u1fff"
CYRILLIC = r"\u0400-\u0481\u048a-\u052f\u1c80-\u1c8f\ua640-\ua66e\ua680-\ua69d"
MARKS = (
    r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff"
    r"\ua66f-\ua672\ua674-\ua67d\ua69e\ua69f\ufe20-\ufe2f"
)
"""The marks of these three scripts. Those of other scripts, such as the sound marks of Japanese, make another letter."""

_LETTER, _MARK = re.compile(f"[{LATIN}{GREEK}{CYRILLIC}]"), re.compile(f"[{MARKS}]")
_LETTERS = str.maketrans(
    {"æ": "ae", "ð": "d", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "œ": "oe", "þ": "th", "ŧ": "t"},
)
"""Latin letters that people write without their stroke, dot or ligature. Unicode does not decompose them."""


def normalised(text: str) -> str:
    """The text as it is searched: case-folded, with single blanks between words, and Latin, Greek and Cyrillic without marks.

    `Müller` and `MULLER` become `muller`, `Straße` `strasse`, `Łódź` `lodz`, `Ёлка` `елка`. Text of other scripts changes only
    in case and width: `が` is not `か`.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    # Marks go before case: to fold the case of some Greek letters turns a mark into a letter.
    folded = _without_marks(_without_marks(text).casefold()).translate(_LETTERS)
    return " ".join(folded.split())


def containing(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Rows whose normalised text contains the normalised search text."""
    return column.contains(normalised(text), autoescape=True)


def beginning(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Rows whose text starts with the prefix: a range of the column's index."""
    return and_(column >= prefix, column <= prefix + LAST_CHARACTER)


def _without_marks(text: str) -> str:
    """The text in NFKC, without the marks on Latin, Greek and Cyrillic letters."""
    decomposed = normalize("NFKD", text)
    return normalize("NFC", "".join(_unmarked(decomposed)) if _MARK.search(decomposed) else decomposed)


def _unmarked(decomposed: str) -> Iterator[str]:
    """The characters, without marks on letters. A mark of another script may stand between a letter and its marks."""
    on_letter = False
    for character in decomposed:
        if _MARK.match(character):
            if on_letter:
                continue
        elif not combining(character):
            on_letter = _LETTER.match(character) is not None
        yield character
