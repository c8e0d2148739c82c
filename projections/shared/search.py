"""Text search: stored and searched text have one normal form, so that both databases give the same answers.

A search finds a name by any part of it, in every script, regardless of case and character width: a plain LIKE over a narrow
index. Trigrams (pg_trgm, FTS5) would not find names of one or two Chinese characters, which are the most common search.
"""

from __future__ import annotations

import unicodedata

from sqlalchemy import ColumnElement, Text, and_

LAST_CHARACTER = "\U0010ffff"

# Text compared by code point on both databases; SQLite does this by default.
SORTED_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def normalised(text: str) -> str:
    """The text in Unicode's NFKC form, case-folded, with single blanks between words."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def containing(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Rows whose normalised text contains the normalised search text."""
    return column.contains(normalised(text), autoescape=True)


def beginning(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Rows whose text starts with the prefix: a range of the column's index."""
    return and_(column >= prefix, column <= prefix + LAST_CHARACTER)
