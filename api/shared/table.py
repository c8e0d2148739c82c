"""Finds the route of a request: only routes for as many segments and the same resource are tried, in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

SEGMENTS = 16
"""Paths with so many segments or more are looked for among the routes that take the rest of a path."""


class Table:
    """The routes by the number of segments and the second segment of their paths: `/v1/customers/{id}` is (3, "customers").

    A route that takes the rest of a path has a place for each number. Raises ValueError if one of a route's first two segments
    is a parameter.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._places: dict[tuple[int, str], list[Route]] = defaultdict(list)
        for route in routes:
            for place in _places(route.path):
                self._places[place].append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the first route that matches answer. Raises HTTPException 404, and 405 if only other methods match."""
        others = False
        for route in self._places.get(_place(scope["path"]), ()):
            match, found = route.matches(scope)
            if match == Match.FULL:
                scope.update(found)
                await route.handle(scope, receive, send)
                return
            others = others or match == Match.PARTIAL
        raise HTTPException(405 if others else 404)


def _place(path: str) -> tuple[int, str]:
    segments = path.split("/", 3)
    return min(path.count("/"), SEGMENTS), segments[2] if len(segments) > 2 else segments[-1]


def _places(path: str) -> Iterable[tuple[int, str]]:
    count, resource = _place(path)
    if any("{" in segment for segment in path.split("/")[:3]):
        raise ValueError(f"the first two segments of {path} must be literal")
    return ((more, resource) for more in range(count, SEGMENTS + 1)) if ":path}" in path else ((count, resource),)
