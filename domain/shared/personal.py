"""Marks the fields of an event that are personal data.

A field marked `Personal[...]` is encrypted with its subject's own key before it leaves the process. After the key is
destroyed the field is absent, so every personal field has `None` as its default.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

PERSONAL = msgspec.Meta(extra={"personal": True})

Personal = Annotated[T | None, PERSONAL]


def same(known: msgspec.Struct, given: msgspec.Struct) -> bool:
    """Whether both are equal. Personal fields that have been erased from `known` are ignored."""
    return known == given or known == without_personal(given)


def without_personal(value: S) -> S:
    """The event, or the part of one, as it is after its subject is erased: without personal values."""
    personal = personal_fields(type(value))
    parts = {name: _forgotten(getattr(value, name)) for name in value.__struct_fields__ if name not in personal}
    return type(value)(**parts)


def _forgotten(part: Any) -> Any:
    if isinstance(part, msgspec.Struct):
        return without_personal(part)
    return tuple(map(_forgotten, part)) if isinstance(part, tuple) else part


@cache
def personal_fields(kind: type[Any]) -> frozenset[str]:
    """The names of the personal fields of a class, without those of its parts."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if PERSONAL in getattr(hint, "__metadata__", ()))
