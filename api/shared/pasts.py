"""How a thing of any kind was before and after an event: as the history of its kind shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from starlette.routing import BaseRoute

from api.shared.access import Caller
from api.shared.as_of import Resource
from api.shared.looking import Row
from api.shared.routes import Route
from domain.shared.events import type_name

HISTORY = "/history"
BY_ID = "{id}"


class Past(NamedTuple):
    """What a route of histories shows. `resource` is made for each request: some need the time.

    `permission` is the one that the route needs, and `show` what the caller sees of a row.
    """

    resource: Callable[[], Resource]
    permission: str
    show: Callable[[Row, Caller], Row]

    def shown_by(self, endpoint: Any) -> None:
        """State that the endpoint of a route shows this history."""
        endpoint.past = self


class Pasts:
    """The histories among these routes, by the kind of thing that an event's type names."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._known: dict[str, tuple[Past, str]] = {}
        for route in routes:
            past: Past | None = getattr(route.endpoint, "past", None) if isinstance(route, Route) else None
            if past is not None and isinstance(route, Route):
                for event in past.resource().kind.events:
                    self._known.setdefault(_thing(type_name(event)), (past, route.path.removesuffix(HISTORY)))

    def of(self, type: str) -> Past | None:
        """The history that an event of this type belongs to. None if its kind has none."""
        known = self._known.get(_thing(type))
        return known and known[0]

    def address(self, type: str, stream: UUID) -> str | None:
        """Where the thing of this stream is read. None if its kind has no reads, or is not read by its id."""
        _, path = self._known.get(_thing(type), (None, ""))
        return path.replace(BY_ID, str(stream)) if path.endswith(f"/{BY_ID}") else None


def _thing(type: str) -> str:
    """`order` for `crm.order.placed.v1`."""
    return type.split(".")[1] if "." in type else type
