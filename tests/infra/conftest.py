"""A folder for an embedded deployment, its server, a small file to import, and the event store on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.conftest import executor, new_place, store, where
from tests.infra.recount import Running, environment

__all__ = ["executor", "new_place", "store", "where"]

MAPPING = """\
system = "shop"
time_zone = "Europe/Berlin"
occurred_at = "{day}"

[ids]
customer = "{customer}"

[[make]]
command = "customer.register"
[make.facts]
name = "{name}"
"""
ROWS = "customer,name,day\n1,Ada,2026-01-02\n2,Grace,2026-01-03\n3,,2026-01-04\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def variables(home: Path) -> dict[str, str]:
    """Environment variables with the settings of an embedded deployment."""
    return environment(home)


@pytest.fixture
def serve(tmp_path: Path, variables: dict[str, str]) -> Iterator[Callable[..., Running]]:
    """Starts a server. It is ready when it is returned, and is ended after the test."""
    started: list[Running] = []

    def start(*arguments: object) -> Running:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        started.append(Running(folder, variables, "serve", *arguments))
        return started[-1].wait_for("Recount is ready")

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """The mapping of a file whose third and last row is refused, because it has no name."""
    file = tmp_path / "shop.toml"
    file.write_text(MAPPING)
    return file


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    file = tmp_path / "customers.csv"
    file.write_text(ROWS)
    return file
