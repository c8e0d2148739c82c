"""The distributed deployment on its own servers, as real processes that can be killed, frozen and restarted."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import NamedTuple
from uuid import UUID, uuid4

import psutil

from consumers.projecting.faults import is_transient
from infra.backup.erasures import erasures_file
from infra.kafka.epochs import topic_of
from infra.processes.roles import ROLES, Place, environment
from infra.processes.supervising import answers
from infra.read_models.completeness import Completeness
from infra.routing import PARTITIONS
from infra.servers.kafka import Kafka
from infra.servers.ports import kept_ports
from infra.servers.postgres import Postgres
from infra.servers.process import ServerProcess
from infra.settings import Settings
from infra.wiring import PROJECTIONS, deploy
from tests.faults.altered import CLOCK_FILE
from tests.infra.recount import first_key
from tests.waiting import SLOWEST, wait_until
from tests.warm import WarmProcess, run

TREE = Path(__file__).parents[2]
HOST = "127.0.0.1"
ROLE_OF = {name: role for role in ROLES for name in role.names()}
PROCESSES = tuple(ROLE_OF)
KAFKA, POSTGRES = "kafka", "postgres"
MASTER_KEY = "5e" * 32
# All time-outs are as short as possible; six seconds are the shortest session time-out that a broker allows.
TIMES = {"SETTLE_TIMEOUT": 15, "LOCK_TIMEOUT": 1, "IDLE_TIMEOUT": 1, "CHAIN_PATIENCE": 1, "SESSION_TIMEOUT": 6}
# The read models of the aggregates that the traffic creates. Other read models would stay empty, with nothing to compare.
TRAFFIC = ("crm.customer.registered.v2", "crm.order.placed.v1", "crm.api_key.issued.v1")
KEPT = tuple(projection for projection in PROJECTIONS if any(map(projection.wants, TRAFFIC)))
TAIL = 4000
ALL_OF_IT = 10_000_000
"""More events than any log of the tests has."""
GRACE_SECONDS = 20.0


class Servers(NamedTuple):
    """PostgreSQL and a Kafka broker that only the tests of faults use."""

    postgres: Postgres
    kafka: Kafka


@contextmanager
def servers() -> Iterator[Servers]:
    with (
        TemporaryDirectory(prefix="recount-faults-") as folder,
        Postgres(Path(folder) / "postgres") as postgres,
        Kafka(Path(folder) / "kafka") as kafka,
    ):
        yield Servers(postgres, kafka)


class Deployment:
    """Named processes on an empty database and a new topic. `stores` are the same stores, opened in this process.

    `settings` are settings of all processes, and `alterations` those of some, see `tests.faults.altered`.
    """

    def __init__(
        self,
        servers: Servers,
        folder: Path,
        names: Sequence[str] = PROCESSES,
        alterations: Mapping[str, Sequence[str]] | None = None,
        **settings: object,
    ) -> None:
        self.servers, self._folder, self._settings, self._alterations = servers, folder, settings, alterations or {}
        self.database, self.topic = f"faults_{uuid4().hex}", f"faults.{uuid4().hex}"
        self.database_url = servers.postgres.create_database(self.database)
        self._open()
        ports = dict(zip(names, kept_ports(folder / "ports", len(names)), strict=True))
        self._processes = {name: self._process(name, port) for name, port in ports.items()}
        self._health = {name: f"http://{HOST}:{port}{ROLE_OF[name].health}" for name, port in ports.items()}
        self.urls = [f"http://{HOST}:{port}" for name, port in ports.items() if ROLE_OF[name].command == "serve"]
        self.key = ""

    def _open(self) -> None:
        kafka = self.servers.kafka.bootstrap
        settings = Settings(database_url=self.database_url, kafka=kafka, topic=self.topic, master_key=MASTER_KEY)
        self.stores = deploy(settings)
        self.completeness = Completeness(self.stores.read_models, PARTITIONS, self.current_topic)

    @property
    def current_topic(self) -> str:
        """The topic of the store's epoch: a repair of the log begins a new one."""
        return topic_of(self.topic, self.stores.store.identity().epoch)

    def start(self) -> None:
        """Returns when the deployment accepts commands."""
        first, *others = self._processes
        self.restart(first)
        key = first_key(self._processes[first].output())
        assert key, "the first worker issues the first key"
        self.key = key
        for name in others:
            self._processes[name].start()
        for name in others:
            self._wait_until_ready(name)

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self._that_runs(name).kill()

    def restart(self, name: str, alteration: Sequence[str] = ()) -> None:
        """Start it again, however it ended; with an alteration of `tests.faults.altered`, if one is given."""
        if name in (KAFKA, POSTGRES):
            self._servers[name].restart()
            return
        process = self._processes[name]
        process.stop()
        process.command = _command(name, alteration or self._alterations.get(name, ()))
        process.start()
        self._wait_until_ready(name)

    def stop(self, name: str) -> None:
        self._processes[name].stop()

    def end_by_itself(self, name: str) -> None:
        """SIGTERM. Raises AssertionError if it does not end within its grace."""
        begun = time.monotonic()
        self._processes[name].stop(timeout=GRACE_SECONDS)
        assert time.monotonic() - begun < GRACE_SECONDS, f"{name} did not end by itself"

    def stop_all(self) -> None:
        """Stop all processes, and close the stores that this process has open."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda process: process.stop(), self._processes.values()))
        self.stores.close()

    def start_all(self) -> None:
        """The opposite. Returns when all processes are ready."""
        self._open()
        for process in self._processes.values():
            process.start()
        for name in self._processes:
            self._wait_until_ready(name)

    def run(self, *arguments: str) -> str:
        """The output of a command, which must succeed."""
        first = next(iter(self._processes.values()))
        command = [sys.executable, "-m", "infra.command_line", *arguments]
        ended = run(command, first.environment, SLOWEST)
        assert ended.returncode == 0, f"{arguments}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    @property
    def erasures(self) -> str:
        """The path of the list of erasures."""
        return str(erasures_file(Settings(home=self._folder)))

    def positions(self, type: str) -> Mapping[UUID, int]:
        """The position of each stream's last event of that type."""
        return {one.stream: one.position for one in self.stores.store.log(0, ALL_OF_IT, types=[type])}

    def new_folder(self) -> Path:
        """An empty folder, which is removed at the end."""
        return Path(mkdtemp(dir=self._folder))

    def empty_the_database(self) -> None:
        """Drop the database and create it again. All processes must be stopped."""
        self.servers.postgres.drop_database(self.database)
        self.servers.postgres.create_database(self.database)

    def set_clock(self, seconds: float) -> None:
        """From now on, the clocks of all processes with the alteration `clock` are ahead by so many seconds."""
        moved = self._folder / f"{CLOCK_FILE}.new"
        moved.write_text(str(seconds))
        moved.rename(self._folder / CLOCK_FILE)

    def freeze(self, name: str) -> None:
        """SIGSTOP."""
        self._that_runs(name).freeze()

    def thaw(self, name: str) -> None:
        self._that_runs(name).thaw()

    @property
    def _servers(self) -> dict[str, Kafka | Postgres]:
        return {KAFKA: self.servers.kafka, POSTGRES: self.servers.postgres}

    def _that_runs(self, name: str) -> ServerProcess | Kafka | Postgres:
        return self._processes[name] if name in self._processes else self._servers[name]

    def variables(self, name: str) -> Mapping[str, str]:
        return self._processes[name].environment

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def output(self, name: str) -> str:
        """Its output since its last start."""
        return self._processes[name].output()

    def in_use(self, name: str) -> tuple[int, int]:
        """The descriptors and the threads of the process."""
        process = psutil.Process(self._processes[name].pid)
        return process.num_fds(), process.num_threads()

    def wait_until_dead(self, name: str) -> None:
        wait_until(lambda: not self._processes[name].running, f"{name} is dead")

    def wait_until_caught_up(self) -> None:
        """Wait until every read model is complete up to the current end of the log."""
        head = self._head()

        reached: list[int] = []

        def caught_up() -> bool:
            with passing_errors():
                reached[:] = [self.completeness.up_to(projection.name) for projection in KEPT]
                return min(reached) >= head
            return False

        wait_until(caught_up, f"all read models are complete up to {head}", lambda: tuple(reached))

    def last_words(self) -> str:
        """The last lines of all logs."""
        ends = []
        for name, process in self._processes.items():
            if process.log.exists():
                ends.append(f"--- {name} ---\n{process.log.read_text(errors='replace')[-TAIL:]}")
        return "\n".join(ends)

    def end(self) -> None:
        """Stop all processes and drop the database."""
        self.stop_all()
        self.servers.postgres.drop_database(self.database)

    def _head(self) -> int:
        found: list[int] = []

        def known() -> bool:
            with passing_errors():
                found.append(self.stores.store.head())
            return bool(found)

        wait_until(known, "the store answers")
        return found[0]

    def _wait_until_ready(self, name: str) -> None:
        self._processes[name].wait_until_ready(lambda: answers(self._health[name]))

    def _process(self, name: str, port: int) -> ServerProcess:
        place = Place(self.database_url, self.servers.kafka.bootstrap, {"RECOUNT_MASTER_KEY": MASTER_KEY})
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RECOUNT_")}
        kept = ",".join(projection.name for projection in KEPT)
        given = {"HOME": self._folder, "TOPIC": self.topic, "PROJECTIONS": kept, **TIMES, **self._settings}
        ours = {f"RECOUNT_{name}": str(value) for name, value in given.items()}
        variables = inherited | environment(ROLE_OF[name], place, HOST, port) | ours | {"PYTHONPATH": str(TREE)}
        command = _command(name, self._alterations.get(name, ()))
        return WarmProcess(name, command, self._folder / f"{name}.log", variables)


@contextmanager
def deployed(
    servers: Servers,
    names: Sequence[str] = PROCESSES,
    alterations: Mapping[str, Sequence[str]] | None = None,
    **settings: object,
) -> Iterator[Deployment]:
    """A deployment that runs inside the block."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="recount-deployment-"))
        deployment = Deployment(servers, Path(folder), names, alterations, **settings)
        stack.callback(deployment.end)
        deployment.start()
        yield deployment


@contextmanager
def passing_errors() -> Iterator[None]:
    """Ignore transient errors."""
    try:
        yield
    except Exception as error:
        if not is_transient(error):
            raise


def _command(name: str, alteration: Sequence[str] = ()) -> list[str]:
    module = ("tests.faults.altered", *alteration) if alteration else ("infra.command_line",)
    return [sys.executable, "-m", *module, ROLE_OF[name].command]
