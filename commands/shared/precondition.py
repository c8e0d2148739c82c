"""What a command demands of the version of its target, so that no change in between is lost."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Versions: TypeAlias = frozenset[int] | Literal["*"]
"""Some versions, or `*` for any version of an existing target."""


class Precondition(msgspec.Struct, frozen=True):
    """The target's version must be in `one_of` and not in `none_of`; None demands nothing. A missing target has none.

    These are If-Match and If-None-Match of RFC 9110: `one_of="*"` means that the target exists, `none_of="*"` that it does not.
    """

    one_of: Versions | None = None
    none_of: Versions | None = None

    def met_by(self, version: int) -> bool:
        """Whether a target with this version meets it; version 0 means that there is no target."""
        wanted = self.one_of is None or _has(self.one_of, version)
        return wanted and (self.none_of is None or not _has(self.none_of, version))


def exactly(version: int) -> Precondition:
    return Precondition(frozenset({version}))


def _has(versions: Versions, version: int) -> bool:
    return version > 0 and (versions == "*" or version in versions)
