"""How a command reaches the system: through the running server, or directly on the stores if no server runs.

Either way it uses the API. If no server runs, this process opens the stores and the API itself, without a socket. Meanwhile
the embedded deployment's folder is locked. If a server runs, neither is imported.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from infra.command_line.terminal import Failed, WrongUsage
from infra.home import HomeInUse, locked
from infra.processes import server_file

if TYPE_CHECKING:
    from infra.processes.parts import Parts
    from infra.settings import Settings

PATIENCE = httpx.Timeout(60, connect=5)
LONGEST_WAIT = 60.0
LARGEST_DETAIL = 5


class NothingHere(Failed):
    """The API has no such path."""


class Reached:
    """Sends requests one after another. Raises Failed, with the API's message, if an answer is not 2xx.

    A request that the server refuses because of its load is sent again, for at most a minute.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, url: str, key: str) -> None:
        self._loop = asyncio.Runner()
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(transport=transport, base_url=url, headers=headers, timeout=PATIENCE, trust_env=False)

    def get(self, path: str, **given: Any) -> Any:
        return self._request("GET", path, **given)

    def post(self, path: str, **given: Any) -> Any:
        return self._request("POST", path, **given)

    def put(self, path: str, **given: Any) -> Any:
        return self._request("PUT", path, **given)

    def content(self, path: str, **given: Any) -> bytes:
        """What is answered to a GET, in the form that its Accept header asks for."""
        return self._successful("GET", path, **given).content

    def close(self) -> None:
        self._loop.run(self._http.aclose())
        self._loop.close()

    def _request(self, method: str, path: str, **given: Any) -> Any:
        return self._successful(method, path, **given).json()

    def _successful(self, method: str, path: str, **given: Any) -> httpx.Response:
        until = time.monotonic() + LONGEST_WAIT
        answer = self._answer(method, path, **given)
        while (pause := _pause(answer)) and time.monotonic() + pause < until:
            time.sleep(pause)
            answer = self._answer(method, path, **given)
        if answer.is_success:
            return answer
        raise (NothingHere if b'"/problems/nothing-here"' in answer.content else Failed)(_reason(answer))

    def _answer(self, method: str, path: str, **given: Any) -> httpx.Response:
        try:
            return self._loop.run(self._http.request(method, path, **given))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Failed(f"the server at {self._http.base_url} does not answer: {type(error).__name__}") from None


def _pause(answer: httpx.Response) -> int:
    """The seconds after which to send the request again, because the server did nothing; 0 if it should not be sent again."""
    is_refused = answer.status_code == 429 or (answer.status_code == 503 and b'"/problems/overloaded"' in answer.content)
    again = answer.headers.get("Retry-After", "")
    return int(again) if is_refused and again.isdecimal() else 0


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return f"the server answered {answer.status_code}"
    errors = [
        f"{one.get('parameter') or one['pointer']}: {one['detail']}" for one in problem.get("errors", ())[:LARGEST_DETAIL]
    ]
    detail = problem.get("detail", f"the server answered {answer.status_code}")
    return f"{detail.rstrip('.')}: {'; '.join(errors)}" if errors else detail


@contextmanager
def reached(settings: Settings, *, records: bool = False) -> Iterator[Reached]:
    """The API for these settings, also to record something. Raises HomeInUse if what uses the folder is no server."""
    with ExitStack() as stack:
        found = stack.enter_context(server_or_parts(settings))
        if not isinstance(found, Reached):
            from infra.processes.temporary_files import own_temporary_folder

            if records and settings.distributed:
                from infra.processes.topic_check import compare_with_topic

                compare_with_topic(found.deployment)
            stack.enter_context(own_temporary_folder(settings.home))
            key = server_file.new_key()
            application = stack.enter_context(found.application(key))
            found = Reached(httpx.ASGITransport(application, raise_app_exceptions=False), "http://recount", key)
            stack.callback(found.close)
        yield found


@contextmanager
def remote(url: str, key: str) -> Iterator[Reached]:
    """The API of the server at this address, with what this key may. Raises WrongUsage."""
    try:
        found = Reached(httpx.AsyncHTTPTransport(), url, key)
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        raise WrongUsage(f"--url or --key: {error}") from None
    try:
        yield found
    finally:
        found.close()


@contextmanager
def server_or_parts(settings: Settings) -> Iterator[Reached | Parts]:
    """The running server, or the parts opened here. Raises HomeInUse as `reached` does."""
    with ExitStack() as stack:
        try:
            found: Reached | Parts = stack.enter_context(_opened(settings))
        except HomeInUse:
            running = server_file.found(settings.home)
            if running is None:
                raise
            # Our own server on this machine: no certificates to load.
            found = Reached(httpx.AsyncHTTPTransport(verify=False), running.url, running.key)
            stack.callback(found.close)
        else:
            # The file of a server that was killed: no other process uses the folder now.
            server_file.remove(settings.home)
        yield found


@contextmanager
def _opened(settings: Settings) -> Iterator[Parts]:
    if not settings.distributed:
        # Raises HomeInUse before the many modules of the stores are imported.
        locked(settings.home).close()
    from infra.processes import logs
    from infra.processes.parts import opened

    # What the parts log must not stand in the output of the command.
    logs.configure(settings.log_level)
    with opened(settings) as parts:
        yield parts
