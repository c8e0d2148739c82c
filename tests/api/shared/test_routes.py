"""Each route is built once, and only when something first uses it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from fastapi import FastAPI, Response

from api.app import OPERATED, ROUTERS
from api.shared.routes import Route, Router
from tests.api.client import Client
from tests.api.conftest import World

COUNTED = "from api.app import ROUTERS; print(sum(route.built for router in ROUTERS for route in router.routes))"


def test_the_application_has_the_routes_of_its_routers_and_no_copies(world: World) -> None:
    own = [route for router in (*ROUTERS, *OPERATED) for route in router.routes]
    assert all(isinstance(route, Route) for route in own)
    assert [id(route) for route in world.app.routes[: len(own)]] == [id(route) for route in own]


def test_importing_the_application_builds_no_route() -> None:
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_a_request_builds_its_own_route_and_no_other() -> None:
    router = Router()

    @router.get("/tea")
    async def tea(cups: int) -> Response:
        return Response(f"{cups} cups")

    @router.get("/coffee")
    async def coffee(cups: int) -> Response:
        return Response(f"{cups} cups")

    routes = [route for route in router.routes if isinstance(route, Route)]
    client = Client(FastAPI(routes=list(routes)))
    assert client.post("/tea").status_code == 405
    assert client.get("/milk").status_code == 404
    assert [route.built for route in routes] == [False, False]
    assert client.get("/coffee?cups=2").text == "2 cups"
    assert client.get("/coffee?cups=two").status_code == 422
    assert [route.built for route in routes] == [False, True]


def test_threads_that_need_a_route_at_the_same_time_build_it_once() -> None:
    handlers = []

    class Counted(Route):
        def get_route_handler(self):  # type: ignore[no-untyped-def]
            handlers.append(super().get_route_handler())
            return handlers[-1]

    async def tea(cups: int) -> Response:
        return Response(f"{cups} cups")

    route, start = Counted("/tea", tea, methods=["GET"]), Barrier(8)

    def read(_: int) -> object:
        start.wait()
        return route.app

    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(read, range(8))))) == 1
    assert len(handlers) == 1
