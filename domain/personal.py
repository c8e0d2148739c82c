"""Which fields of an event are personal data.

A field marked `Personal[...]` is encrypted with its subject's own key before it leaves the process. When the key has been
destroyed the field is absent, so every personal field has `None` as its default.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec

T = TypeVar("T")

PERSONAL = msgspec.Meta(extra={"personal": True})

Personal = Annotated[T | None, PERSONAL]
