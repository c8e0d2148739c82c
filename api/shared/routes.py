"""Routes that FastAPI builds at their first use.

FastAPI builds a route by preparing a check of each parameter and of the body: some 4 ms each, more than a second for all of
them. Most processes need only a few.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name

from api.shared.exporting import CSV, csv_style

_building = threading.RLock()


class Route(APIRoute):
    """A route that can be matched immediately. Everything else is built when it is first read.

    So a mistake in a route's declaration appears only at the route's first use. The test of the OpenAPI document uses them all.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        self._declared = {"path": path, "endpoint": endpoint, **declared}
        self.path, self.endpoint = path, endpoint
        self.name = declared.get("name") or get_name(endpoint)
        self.methods = set(declared.get("methods") or ["GET"])
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    @property
    def built(self) -> bool:
        return "_declared" not in self.__dict__

    def __getattr__(self, name: str) -> Any:
        """Builds the route: Python calls this for a missing attribute. A second thread waits until the first is done."""
        with _building:
            if not self.built:
                super().__init__(**self.__dict__.pop("_declared"))
        return super().__getattribute__(name)


class Router(APIRouter):
    """A router whose routes are built at their first use."""

    def __init__(self, *, route_class: type[APIRoute] = Route, **declared: Any) -> None:
        super().__init__(route_class=route_class, **declared)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        """Adds the route. If it can answer with CSV, it has the parameters of `csv_style`."""
        if CSV in ((declared.get("responses") or {}).get(200) or {}).get("content", ()):
            declared["dependencies"] = [*(declared.get("dependencies") or ()), Depends(csv_style)]
        super().add_api_route(path, endpoint, **declared)
