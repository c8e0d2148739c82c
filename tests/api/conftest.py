"""The real application on an embedded store of its own, and keys to call it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.access import new_key_text
from api.app import create
from commands import api_keys
from commands.batch import Command
from commands.executor import Executor
from domain.api_key import Role
from domain.events import Actor, Context
from domain.ids import new_id
from infra.read_models.completeness import Completeness
from infra.settings import Settings
from infra.wiring import Deployment, deploy
from tests.api.client import Client

Headers = dict[str, str]
KeyFor = Callable[[Role], Headers]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"home": tmp_path / "home", "master_key": "5a" * 32, "after_timeout": 0.5})


@pytest.fixture
def deployment(settings: Settings) -> Iterator[Deployment]:
    deployment = deploy(settings)
    yield deployment
    deployment.close()


@pytest.fixture
def executor(deployment: Deployment) -> Iterator[Executor]:
    executor = deployment.executor()
    yield executor
    executor.close()


@pytest.fixture
def app(deployment: Deployment, executor: Executor) -> FastAPI:
    return create(deployment, executor, Completeness(deployment.read_models, deployment.partitions))


@pytest.fixture
def key_for(executor: Executor) -> KeyFor:
    """The header of a fresh key with one role."""

    def issued(role: Role) -> Headers:
        id = new_id()
        text, hash = new_key_text(id)
        context = Context(now=datetime.now(UTC), actor=Actor(type="system", id="test"))
        facts = {"key_id": id, "label": f"{role} of a test", "roles": [role], "hash": hash}
        outcome = executor.submit(Command(api_keys.issue, facts, context)).result(timeout=10)
        assert outcome.refusal is None
        return {"Authorization": f"Bearer {text}"}

    return issued


@pytest.fixture
def admin(key_for: KeyFor) -> Headers:
    return key_for("admin")


@pytest.fixture
def client(app: FastAPI, admin: Headers) -> Iterator[Client]:
    """Calls with an admin's key, unless a request says otherwise."""
    client = Client(app, admin)
    yield client
    client.close()


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[Client]:
    """Calls without a key."""
    client = Client(app)
    yield client
    client.close()
