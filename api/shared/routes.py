"""Routes that FastAPI builds at their first use.

FastAPI builds a route by preparing a check of each parameter and of the body: some 4 ms each, more than a second for all of
them. Most processes need only a few.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import register_url_convertor
from starlette.routing import compile_path, get_name

from api.shared import direct
from api.shared.bodies import BoundedRequest
from api.shared.exporting import CSV, csv_style
from api.shared.negotiating import negotiated, offered_by
from api.shared.parameters import Parameters
from api.shared.picking import row_schema
from api.shared.problems import framed
from api.shared.text_form import Trimmed, TrimmedPath

JSON = "application/json"

register_url_convertor("str", Trimmed())
register_url_convertor("path", TrimmedPath())

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_building = threading.RLock()


class Route(APIRoute):
    """A route that can be matched immediately. Everything else is built when it is first read. It refuses unknown parameters.

    So a mistake in a route's declaration appears only at the route's first use. The test of the OpenAPI document uses them all.
    """

    request_class: type[Request] = BoundedRequest

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
                self.app = direct.application(self._handle, self.request_class) if self.direct else framed(self.app)
        return super().__getattribute__(name)

    def get_route_handler(self) -> Handler:
        """The handler, for FastAPI, which asks for it once."""
        self._handle = self.handler()
        return self._handle

    def handler(self) -> Handler:
        """The handler. It refuses query parameters that the route does not take.

        A read is refused with 406 before it runs if the caller accepts none of its media types. Commands ignore Accept, and so
        do the stream and the metrics, which are never JSON: their path already names their form.
        """
        self.direct = direct.answers_directly(self)
        handle = direct.handler(self) if self.direct else super().get_route_handler()
        offered = offered_by(self.responses)
        self.parameters = parameters = Parameters(self.dependant, row_schema(self.responses))
        negotiates = JSON in offered and "GET" in (self.methods or ())

        async def handle_understood(request: Request) -> Response:
            if request.scope["query_string"]:
                await parameters.check(request)
            if not negotiates:
                return await handle(request)
            request.scope["media_type"] = negotiated(request, offered)
            response = await handle(request)
            if len(offered) > 1:
                response.headers["Vary"] = "Accept"
            return response

        return handle_understood


class Router(APIRouter):
    """A router whose routes are built at their first use."""

    def __init__(self, *, route_class: type[APIRoute] = Route, **declared: Any) -> None:
        super().__init__(route_class=route_class, **declared)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        """Adds the route. If it can answer with CSV, it has the parameters of `csv_style`."""
        if CSV in ((declared.get("responses") or {}).get(200) or {}).get("content", ()):
            declared["dependencies"] = [*(declared.get("dependencies") or ()), Depends(csv_style)]
        super().add_api_route(path, endpoint, **declared)
