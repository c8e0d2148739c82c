"""What to say about a name or a value that is not known: the nearest known one, and all of them."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

from pydantic_core import PydanticCustomError

_WORD = re.compile(r"[a-z0-9]{3,}")

COMPARED = 64
"""So many characters of a text are compared, because the cost of a comparison rises with the square of the length."""
LISTED = 100
"""A longer list of known names helps nobody: then only the nearest one is named."""


def nearest(text: str, known: Collection[str]) -> str | None:
    """The known name that is most similar, or that has the most similar word, such as `placed_from` for `form`.

    Capitals make no difference. None if none is similar.
    """
    names = {name.lower(): name for name in known}
    words = {word: name for name in sorted(names, reverse=True) for word in _WORD.findall(name)}
    asked = text[:COMPARED].lower()
    whole, part = get_close_matches(asked, names, 1), get_close_matches(asked, words, 1)
    return names[whole[0]] if whole else names[words[part[0]]] if part else None


def because(detail: str, text: str, known: Collection[str]) -> str:
    """The detail and the known ones, such as `There is no such parameter; did you mean from? Known: by, from, to`."""
    similar = nearest(text, known)
    said = f"{detail}; did you mean {similar}?" if similar else f"{detail}."
    return f"{said} Known: {', '.join(sorted(known))}" if 0 < len(known) <= LISTED else said


def unknown(detail: str, text: str, known: Collection[str]) -> PydanticCustomError:
    """The error of a validator that finds that the text is not one of the known ones."""
    return PydanticCustomError("unknown", "{detail}", {"detail": because(detail, text, known)})
