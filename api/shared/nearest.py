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


def instead(text: str, known: Collection[str]) -> str:
    """What to say about an unknown text, such as `did you mean from? Known: by, from, to`. Empty if there is nothing to say."""
    similar = nearest(text, known)
    return " ".join(
        [f"did you mean {similar}?"] * bool(similar) + [f"Known: {', '.join(sorted(known))}"] * (0 < len(known) <= LISTED)
    )


def because(detail: str, text: str, known: Collection[str]) -> str:
    """The detail, such as `There is no such parameter`, and the known ones instead."""
    return "; ".join(filter(None, (detail, instead(text, known))))


def unknown(detail: str, text: str, known: Collection[str]) -> PydanticCustomError:
    """The error of a validator that finds that the text is not one of the known ones."""
    return PydanticCustomError("unknown", "{detail}", {"detail": because(detail, text, known)})
