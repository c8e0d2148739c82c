"""Finding by text: one normal form for what is stored and what is asked, so that both databases give the same answers.

A name is found by any part of it, whatever its case or width, in every script: a plain LIKE over a narrow index. Trigrams
(pg_trgm, FTS5) would find nothing for names of one or two Chinese characters, which are the commonest of all.
"""

from __future__ import annotations

import unicodedata

from sqlalchemy import ColumnElement, Text, and_

LAST_CHARACTER = "\U0010ffff"

# Compared by code point everywhere: SQLite does so by itself.
SORTED_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def normalised(text: str) -> str:
    """Compatibility-composed and case-folded (Unicode's caseless match), with single blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def containing(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Rows whose normalised text has the text in it."""
    return column.contains(normalised(text), autoescape=True)


def beginning(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Rows whose text is the prefix or begins with it: a range of the column's index."""
    return and_(column >= prefix, column <= prefix + LAST_CHARACTER)
