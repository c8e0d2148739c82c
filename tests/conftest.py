"""Fixtures for all tests: real servers, started once per run when the first test needs them.

RECOUNT_TEST_POSTGRES (a URL) and RECOUNT_TEST_KAFKA (bootstrap servers) name other servers to use instead. On that PostgreSQL,
the user must be allowed to create databases.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import settings as property_tests

from infra.collecting import collect_seldom
from infra.processes.parts import opened
from infra.servers.kafka import KafkaAt
from infra.servers.postgres import PostgresAt
from infra.settings import Settings
from tests.databases import Databases, databases_on, make_recording, name_in, unique_name
from tests.servers import VARIABLE, Keeper, address_of

HERE = Path(__file__).parent
OURS = ("RECOUNT_TEST_POSTGRES", "RECOUNT_TEST_KAFKA", "RECOUNT_KAFKA_JARS", "RECOUNT_TEST_BROWSER", VARIABLE)
KEEPER = pytest.StashKey[Keeper]()
# The settings of the person who runs the tests do not apply to the tests.
for name in [name for name in os.environ if name.startswith("RECOUNT_") and name not in OURS]:
    del os.environ[name]
# An example may take long on a busy machine.
property_tests.register_profile("untimed", deadline=None)
property_tests.load_profile("untimed")
# To import a thousand modules makes hardly any garbage, but a lot to look at.
collect_seldom()
# The tests start hundreds of processes. Each of them would compile every module of the product again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


LONGEST_FIRST = ("scenarios", "faults", "api/test_schemathesis.py")
# Their tests wait for servers and processes more than they compute, those of the first the longest; all others compute.
WAITING = ("infra", "consumers", "commands")


def pytest_configure(config: pytest.Config) -> None:
    """One keeper of servers per run, in the process that the workers report to."""
    if not hasattr(config, "workerinput"):
        config.stash[KEEPER] = Keeper()


def pytest_unconfigure(config: pytest.Config) -> None:
    if keeper := config.stash.get(KEEPER, None):
        keeper.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest tests start first. Otherwise, with several workers, one worker might run a slow test alone at the end.

    The others follow evenly mixed: while one worker waits, another one computes. With several workers, the tests of a file stay
    together (`--dist loadfile`), because they share costly fixtures.
    """
    turns = _turns(list(dict.fromkeys(item.path for item in items)))
    items.sort(key=lambda item: turns[item.path])


def _turns(files: Sequence[Path]) -> dict[Path, tuple[bool, float]]:
    """The turn of each file: those of LONGEST_FIRST in this order, then those that wait and those that compute, mixed."""
    longest, waiting = _of(files, LONGEST_FIRST), _of(files, WAITING)
    computing = [file for file in files if file not in {*longest, *waiting}]
    turns: dict[Path, tuple[bool, float]] = {}
    for kind in (waiting, computing, longest):
        turns |= {file: (kind is not longest, number / len(kind)) for number, file in enumerate(kind)}
    return turns


def _of(files: Sequence[Path], names: Sequence[str]) -> list[Path]:
    """The files whose paths begin with one of the names, in the order of the names."""
    return [file for name in names for file in files if file.relative_to(HERE).as_posix().startswith(name)]


def pytest_collection_finish() -> None:
    """The tests collect garbage as rarely as every process of the product does."""
    collect_seldom()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the ten slowest files, set-up and tear-down included. Look at these first if the suite becomes slow."""
    without_browser = sum("/console/" in report.nodeid for report in terminalreporter.stats.get("skipped", []))
    if without_browser:
        terminalreporter.write_line(
            f"{without_browser} tests of the console were not run: this machine has no Chromium or Chrome."
        )
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    terminalreporter.section("ten slowest files")
    for file, spent in sorted(seconds.items(), key=itemgetter(1), reverse=True)[:10]:
        terminalreporter.write_line(f"{spent:7.1f} s  {file}")


@pytest.fixture(scope="session")
def postgres_server() -> PostgresAt:
    """The run's PostgreSQL; see `database_url` for a database on it."""
    return PostgresAt(os.environ.get("RECOUNT_TEST_POSTGRES") or address_of("postgres"))


@pytest.fixture(scope="session")
def kafka_server() -> KafkaAt:
    """The run's Kafka broker; each test uses its own topics and groups."""
    return KafkaAt(os.environ.get("RECOUNT_TEST_KAFKA") or address_of("kafka"))


@pytest.fixture(scope="session")
def databases(postgres_server: PostgresAt) -> Iterator[Databases]:
    """Makes databases for tests."""
    with databases_on(postgres_server) as databases:
        yield databases


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """URL of an empty database, dropped after the test."""
    with databases.one() as url:
        yield url


@pytest.fixture
def recording_database_url(databases: Databases, recording_template: str) -> Iterator[str]:
    """URL of a database for an event store of any events and for any read models, dropped after the test."""
    with databases.one(recording_template) as url:
        yield url


@pytest.fixture
def prepared_database_url(databases: Databases, template: str) -> Iterator[str]:
    """URL of a database with every table of the product and no row, dropped after the test."""
    with databases.one(template) as url:
        yield url


@pytest.fixture(scope="session")
def recording_template(databases: Databases) -> Iterator[str]:
    """Name of a database to copy, with an event store's tables and those that every deployment needs."""
    with databases.one() as url:
        make_recording(url)
        yield name_in(url)


@pytest.fixture(scope="session")
def template(databases: Databases) -> Iterator[str]:
    """Name of a database to copy: copying a hundred tables takes a tenth of the time of creating them."""
    with databases.one() as url:
        with opened(Settings(database_url=url, kafka="127.0.0.1:1", master_key="5a" * 32)):
            pass
        yield name_in(url)


@pytest.fixture
def bootstrap(kafka_server: KafkaAt) -> str:
    """Bootstrap servers of the run's Kafka."""
    return kafka_server.bootstrap


@pytest.fixture
def topic_name() -> str:
    """A topic that does not exist yet."""
    return unique_name()


@pytest.fixture
def group_name() -> str:
    """A consumer group that does not exist yet."""
    return unique_name()
