"""The real application with its projector, on its own stores, and keys to call it with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import pytest
from fastapi import FastAPI

from api.shared.key_texts import new_key_text
from commands.operations import api_keys
from commands.shared.batch import Command
from commands.shared.executor import Executor
from consumers.projecting.projector import Projector
from consumers.projecting.tail import Tail
from domain.operations.api_key import Role
from domain.shared.events import Actor, Context
from domain.shared.ids import new_id
from infra.processes.parts import Parts, opened, running
from infra.read_models.completeness import Completeness
from infra.read_models.tables import create_tables, prepare
from infra.settings import Settings
from infra.wiring import PROJECTIONS, Deployment, deploy
from tests.api.client import Client
from tests.api.sales.given_orders import placed
from tests.waiting import PATIENCE

Headers = dict[str, str]
KeyFor = Callable[[Role], Headers]

SETTINGS = {"master_key": "5a" * 32, "after_timeout": 60.0, "body_limit": 100_000}
ENGINES = ("sqlite", "postgresql")
on_both_engines = pytest.mark.parametrize("engine", ENGINES, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The database engine that the test runs on; see `on_both_engines`."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to copy, with every table of the product and no event. To make it takes thirty times as long as to copy it."""
    home = tmp_path_factory.mktemp("empty") / "home"
    with opened(Settings.model_validate(SETTINGS | {"home": home})):
        return home


@pytest.fixture
def shared_world(engine: str, request: pytest.FixtureRequest) -> World | None:
    """The module's world, if its tests share one deployment; see the marker `one_deployment`."""
    if request.node.get_closest_marker("one_deployment") and engine == "sqlite":
        return cast(World, request.getfixturevalue("world"))
    return None


@pytest.fixture
def settings(engine: str, shared_world: World | None, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    if shared_world:
        return shared_world.parts.deployment.settings
    if engine == "sqlite":
        shutil.copytree(request.getfixturevalue("empty_home"), tmp_path / "home")
        return Settings.model_validate(SETTINGS | {"home": tmp_path / "home"})
    url = request.getfixturevalue("prepared_database_url")
    return Settings.model_validate(SETTINGS | {"home": tmp_path / "home", "database_url": url, "kafka": "127.0.0.1:1"})


class World(NamedTuple):
    """One application for a whole module, on SQLite, for tests that do not affect each other."""

    parts: Parts
    app: FastAPI
    admin: Headers
    client: Client

    def key(self, role: Role) -> Headers:
        return new_key(self.parts, role)

    def head(self) -> int:
        return self.parts.deployment.store.head()


@pytest.fixture(scope="session")
def document(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> dict[str, Any]:
    """The OpenAPI document. It takes more than a second to build, and is the same for every application with these routes."""
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("document") / "home")
    settings = Settings.model_validate(SETTINGS | {"home": home})
    with opened(settings) as parts, parts.application() as app:
        return app.openapi()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, empty_home: Path, document: dict[str, Any]) -> Iterator[World]:
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("world") / "home")
    settings = Settings.model_validate(SETTINGS | {"home": home})
    with opened(settings) as parts, parts.application() as app:
        app.openapi_schema = document
        admin = new_key(parts, "admin")
        client = Client(app, admin)
        yield World(parts, app, admin, client)
        client.close()


@pytest.fixture(scope="module")
def customer(world: World) -> str:
    """The path of a customer."""
    return str(world.client.post("/v1/customers", {"name": "Ada"}).headers["Location"])


@pytest.fixture(scope="module")
def order(world: World) -> str:
    return placed(world.client)


@pytest.fixture
def unchanged(world: World, customer: str, order: str) -> Iterator[None]:
    """Checks that nothing is written during the test."""
    head = world.head()
    yield
    assert world.head() == head


@pytest.fixture
def parts(settings: Settings, shared_world: World | None) -> Iterator[Parts]:
    if shared_world:
        yield shared_world.parts
        return
    with tailed(settings) if settings.distributed else opened(settings) as parts:
        yield parts


@contextmanager
def tailed(settings: Settings) -> Iterator[Parts]:
    """On PostgreSQL, but as in the embedded deployment: the projector tails the log, without Kafka."""
    with ExitStack() as stack:
        deployment = msgspec.structs.replace(deploy(settings), partitions=1)
        stack.callback(deployment.close)
        prepare(deployment.read_models)
        with deployment.read_models.writer.begin() as connection:
            create_tables(connection, [table for projection in PROJECTIONS for table in projection.tables])
        completeness = Completeness(deployment.read_models)
        store, read_models = deployment.store, deployment.read_models
        projector = Projector(PROJECTIONS, Tail(store), store, read_models, 1, completeness=completeness)
        stack.enter_context(running(projector))
        executor = deployment.executor()
        stack.callback(executor.close)
        yield Parts(deployment, executor, completeness, projector)


@pytest.fixture
def deployment(parts: Parts) -> Deployment:
    return parts.deployment


@pytest.fixture
def executor(parts: Parts) -> Executor:
    return parts.executor


@pytest.fixture
def app(parts: Parts, shared_world: World | None, document: dict[str, Any]) -> Iterator[FastAPI]:
    if shared_world:
        yield shared_world.app
        return
    with parts.application() as app:
        app.openapi_schema = document
        yield app


def new_key(parts: Parts, role: Role) -> Headers:
    """The header of a new key with one role."""
    id = new_id()
    text, hash = new_key_text(id, parts.deployment.store.secret)
    context = Context(now=datetime.now(UTC), actor=Actor(type="system", id="test"))
    facts = {"key_id": id, "label": f"{role} of a test", "roles": [role], "hash": hash}
    outcome = parts.executor.submit(Command(api_keys.issue, facts, context)).result(timeout=PATIENCE)
    assert outcome.refusal is None
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def key_for(parts: Parts) -> KeyFor:
    return lambda role: new_key(parts, role)


@pytest.fixture
def admin(key_for: KeyFor) -> Headers:
    return key_for("admin")


@pytest.fixture
def client(app: FastAPI, admin: Headers) -> Iterator[Client]:
    """A client with an admin's key, unless a request sends another one."""
    client = Client(app, admin)
    yield client
    client.close()


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[Client]:
    """A client without a key."""
    client = Client(app)
    yield client
    client.close()
