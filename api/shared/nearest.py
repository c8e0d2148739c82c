"""What to say about a name or a value that is not known: the nearest known one, and all of them."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from pydantic_core import PydanticCustomError

COMPARED = 64
"""So many characters of a text are compared, because the cost of a comparison rises with the square of the length."""
LISTED = 100
"""A longer list of known names helps nobody: then only the nearest one is named."""


def nearest(text: str, known: Collection[str]) -> str | None:
    """The known name that is most similar, whether in capitals or not. None if none is similar."""
    names = {name.lower(): name for name in known}
    found = get_close_matches(text[:COMPARED].lower(), names, 1)
    return names[found[0]] if found else None


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
