"""Content negotiation (RFC 9110, section 12): the media type that a caller prefers among those that a route offers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from fastapi import Request

from api.shared.problems import KINDS, Problem

Offered = tuple[str, ...]

_QUOTED = re.compile(r'"[^"]*"?')
ANY = "*/*"


class _Range(NamedTuple):
    """A media range with its weight. One that comes earlier in the header has a higher `place`."""

    text: str
    weight: float
    place: int

    def specificity(self, media_type: str) -> int:
        """How closely it names the media type; 0 if not at all."""
        if self.text == media_type:
            return 3
        if self.text == media_type.partition("/")[0] + "/*":
            return 2
        return 1 if self.text == ANY else 0


def offered_by(responses: Mapping[Any, Mapping[str, Any]]) -> Offered:
    """The media types of a route's answer, by its declared responses; the first is the default."""
    return tuple(next((answer.get("content", {}) for status, answer in responses.items() if str(status) == "200"), ()))


def negotiated(request: Request, offered: Offered) -> str:
    """The offered media type that the request prefers. Raises Problem 406 if it accepts none of them."""
    accept = ",".join(request.headers.getlist("accept"))
    found = preferred(accept, offered)
    if found is None:
        raise Problem(406, KINDS[406][0], f"There is only: {', '.join(offered)}.", {"Vary": "Accept"})
    return found


@lru_cache(maxsize=256)
def preferred(accept: str, offered: Offered) -> str | None:
    """The media type with the highest weight. None if the header accepts none; without a media range it accepts all.

    Between equal weights, the more specific range decides, then its place in the header, then the order of the offer.
    """
    ranges = list(_ranges(accept))
    if not ranges:
        return offered[0] if not accept.strip(" \t,") else None
    best = {one: max(ranges, key=lambda each: (each.specificity(one), each.place)) for one in offered}
    accepted = [one for one in offered if best[one].specificity(one) and best[one].weight > 0]
    return max(accepted, key=lambda one: (best[one].weight, best[one].specificity(one), best[one].place), default=None)


def _ranges(accept: str) -> Iterator[_Range]:
    """The media ranges of the header. One with a malformed weight is left out."""
    for place, part in enumerate(_QUOTED.sub("", accept).split(",")):
        text, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [value for name, _, value in (one.partition("=") for one in parameters) if name.strip() == "q"]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            continue
        if text and 0 <= weight <= 1:
            # Old clients send * for */*.
            yield _Range(ANY if text == "*" else text, weight, -place)
