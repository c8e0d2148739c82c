"""Which fields of an event are personal data.

A field marked `Personal[...]` is encrypted with its subject's own key before it leaves the process. When the key has been
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


def same(known: msgspec.Struct, told: msgspec.Struct) -> bool:
    """Whether both say the same, as far as can still be known: what is personal may have been erased from `known`."""
    return known == told or known == without_personal(told)


def without_personal(value: S) -> S:
    """What stays of an event, or of a part of it, once its subject is forgotten."""
    personal = personal_fields(type(value))
    parts = {name: _forgotten(getattr(value, name)) for name in value.__struct_fields__ if name not in personal}
    return type(value)(**parts)


def _forgotten(part: Any) -> Any:
    if isinstance(part, msgspec.Struct):
        return without_personal(part)
    return tuple(map(_forgotten, part)) if isinstance(part, tuple) else part


@cache
def personal_fields(kind: type[Any]) -> frozenset[str]:
    """The names of its fields that are personal; not those of its parts."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if PERSONAL in getattr(hint, "__metadata__", ()))
