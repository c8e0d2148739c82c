"""The lists by name, such as `orders` for `GET /v1/orders`, with which saved views and selections check their filters."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.routing import BaseRoute

from api.shared.nearest import because
from api.shared.routes import Route

PATH = re.compile(r"/v1/([a-z-]+)")


class Lists:
    """The lists among these routes. A route is built when its list is asked for the first time."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._may_be: dict[str, Route] = {}
        for route in routes:
            if isinstance(route, Route) and "GET" in (route.methods or ()) and (match := PATH.fullmatch(route.path)):
                self._may_be[match.group(1)] = route

    def called(self, name: str) -> Route | None:
        """The route of the list with this name. None if there is none."""
        route = self._may_be.get(name)
        return route if route is not None and _is_list(route) else None

    def instead(self, name: str) -> str:
        """What to say about the name of a list that does not exist."""
        return because("There is no such list", name, [name for name in self._may_be if self.called(name)])


def _is_list(route: Route) -> bool:
    """Whether the route answers in pages."""
    schema = route.responses[200].get("content", {}).get("application/json", {}).get("schema", {})
    return "next" in schema.get("properties", {})
