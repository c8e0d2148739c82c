"""`recount serve`: serves the API. In the embedded deployment, everything else runs in the same process too."""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.command_line import hints
from infra.command_line.failures import settings as read_settings
from infra.command_line.terminal import Failed
from infra.home import HomeInUse
from infra.processes import logs, server_file
from infra.processes.stopping import ENDS_WITHIN, when_asked_to_stop

if TYPE_CHECKING:
    from infra.processes.first_key import FirstKey
    from infra.processes.parts import Parts
    from infra.settings import Settings

Files = tuple[Path, Path]

Load = Annotated[
    Files | None,
    typer.Option(
        metavar="MAPPING FILE", exists=True, dir_okay=False, help="Import this file after the start, unless already imported."
    ),
]


def serve(load: Load = None) -> None:
    """Serve the API. In the embedded deployment, everything else runs in this process too."""
    settings = read_settings()
    logs.configure(settings.log_level)
    run(settings, load)


def run(settings: Settings, load: Files | None) -> None:
    from infra.http.listening import bound
    from infra.http.server import Server
    from infra.processes.followers import Unfollowed, following
    from infra.processes.loading import Load as Loading
    from infra.processes.parts import listing_erasures, opened, running
    from infra.processes.temporary_files import own_temporary_folder
    from infra.processes.topic_check import compare_with_topic

    with suppress(KeyboardInterrupt), ExitStack() as stack:
        try:
            parts = stack.enter_context(opened(settings))
        except HomeInUse as error:
            raise Failed(f"RECOUNT_HOME: {error}{_holder(settings)}") from None
        if settings.distributed:
            compare_with_topic(parts.deployment)
        stack.enter_context(own_temporary_folder(settings.home))
        loading = Loading(*load, parts.deployment.store) if load else None
        listening = stack.enter_context(bound(settings.host, settings.port, "RECOUNT_PORT"))
        url = url_of(listening)
        local_key = server_file.new_key()
        application = stack.enter_context(parts.application(local_key))
        key = first_key(parts, settings)
        stack.enter_context(parts.verifying())
        if settings.distributed:
            stack.enter_context(listing_erasures(parts.deployment))
            stack.enter_context(running(Unfollowed(parts.deployment.read_models), "follow-watch"))
        else:
            stack.enter_context(following(parts))

        def ready() -> None:
            # The threads of `asyncio.to_thread`, which look how far the read models are.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="completeness"))
            if not settings.distributed:
                this = server_file.RunningServer(url, local_key, os.getpid())
                stack.enter_context(server_file.announced(settings.home, this))
            hints.show(url, key, settings.docs, sign_in_link(parts))
            application.state.fitting_libraries.load_if_needed(parts.deployment.read_models.reader)
            if loading and not loading.is_done():
                loading.begin_and_follow(parts.executor, application.state.jobs, parts.operating().status)

        def draining() -> None:
            application.state.ending = True

        def ending() -> None:
            application.state.streams.end()
            application.state.jobs.stop()

        server = Server(application, settings, ready, ending, draining)
        with when_asked_to_stop(server.end, settings.drain_seconds + ENDS_WITHIN):
            server.run([listening])


def first_key(parts: Parts, settings: Settings) -> FirstKey | None:
    """The key of an empty store, in a file if the output is not a terminal. None if the store has a key. Raises Failed."""
    from infra.processes.first_key import issue_first_key

    try:
        return issue_first_key(parts.deployment.store, parts.executor, settings.home, show=hints.may_show_secrets())
    except OSError as error:
        raise Failed(f"RECOUNT_HOME: the first admin key cannot be written: {error}") from None


def sign_in_link(parts: Parts) -> str | None:
    """The token of a link that signs the operator in. None if the output is not a terminal: it may be a log."""
    from api.shared.sign_in_links import new_link

    return new_link(None, parts.deployment.store.secret)[0] if hints.may_show_secrets() else None


def url_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return url_at(host, port)


def url_at(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _holder(settings: Settings) -> str:
    running = server_file.found(settings.home)
    return f": a server at {running.url}, process {running.pid}" if running else ""
