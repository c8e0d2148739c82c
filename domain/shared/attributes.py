"""Attributes: texts, numbers and flags under keys that users choose. They are checked, and split by what is personal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any, NamedTuple

from domain.shared.refusals import Malformed
from domain.shared.text import UNPRINTABLE, one_form

Number = int | float | bool

KEY_LENGTH = 64
TEXT_LENGTH = 10_000
ATTRIBUTE_LIMIT = 200


def checked_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes with keys and texts in their one form.

    Raises Malformed if there are too many, if a key or a text is too long or not printable, or if two keys are the same.
    """
    if len(attributes) > ATTRIBUTE_LIMIT:
        raise Malformed(f"At most {ATTRIBUTE_LIMIT} attributes are allowed.")
    checked: dict[str, Any] = {}
    for given, stated in attributes.items():
        key, value = _printable(given), _printable(stated) if isinstance(stated, str) else stated
        if not 0 < len(key) <= KEY_LENGTH:
            raise Malformed(f"The key of an attribute must have 1 to {KEY_LENGTH} characters.")
        if isinstance(value, str) and len(value) > TEXT_LENGTH:
            raise Malformed(f"The attribute {key!r} is longer than {TEXT_LENGTH} characters.")
        if isinstance(value, float) and not isfinite(value):
            raise Malformed(f"The attribute {key!r} is not a number.")
        checked[key] = value
    if len(checked) < len(attributes):
        raise Malformed("Two attributes have the same key.")
    return checked


def _printable(given: str) -> str:
    """The text in its one form. Raises Malformed if it has control characters."""
    clean = one_form(given)
    if UNPRINTABLE.search(clean):
        raise Malformed("Attributes must not contain control characters.")
    return clean


class Split(NamedTuple):
    numbers: dict[str, Number | None]
    plain_texts: dict[str, str | None]
    texts: dict[str, str | None]


def split_attributes(
    attributes: Mapping[str, str | Number | None],
    known: Mapping[str, Any],
    known_plain: Collection[str],
    plain: Collection[str],
) -> Split:
    """Splits attributes into numbers, plain texts (those under the keys `plain`) and personal texts.

    A removal (None) goes to the part with the current value. If a personal text replaces a plain value, the plain value is
    removed too: otherwise it would come back when the personal text is erased.
    """
    split = Split({}, {}, {})
    for key, value in attributes.items():
        was_text = isinstance(known.get(key), str)
        where: dict[str, Any] = split.numbers if not was_text else split.plain_texts if key in known_plain else split.texts
        if not isinstance(value, str):
            (where if value is None else split.numbers)[key] = value
        elif key in plain:
            split.plain_texts[key] = value
        else:
            split.texts[key] = value
            if key in known and where is not split.texts:
                where[key] = None
    return split
