"""The codes by which a link tells where its visitors come from."""

from __future__ import annotations

from domain.shared.events import Value


class Utm(Value, frozen=True):
    """The codes of a tagged link."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None
