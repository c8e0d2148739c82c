"""UTM codes: the parameters of a link that name the source of its visitors."""

from __future__ import annotations

from domain.shared.events import Value


class Utm(Value, frozen=True):
    """The UTM codes of a tagged link. They are free texts and may name a person, so events hold them sealed."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None
