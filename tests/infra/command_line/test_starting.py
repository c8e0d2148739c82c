"""A process loads only the modules that it uses when it starts."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

from tests.infra.recount import Running

LOADED = """
import sys
import infra.command_line, infra.command_line.serve, api.app
print(*{"numpy", "pandas", "sklearn", "scipy", "psycopg", "psycopg_pool", "kafka"} & sys.modules.keys())
"""
NAME = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)$", re.MULTILINE)
REPORTS = {"numpy", "pandas", "sklearn", "scipy"}
NOT_EMBEDDED = {"psycopg", "psycopg_pool", "kafka"}
API = {"fastapi", "starlette", "uvicorn", "api.app"}
STORES = {"sqlalchemy", "eventsourcing", "infra.wiring", "infra.processes.parts"}


def loaded(environment: dict[str, str], *arguments: str) -> set[str]:
    """The modules that a command has imported when it ends."""
    command = [sys.executable, "-X", "importtime", "-m", "infra.command_line", *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = set(NAME.findall(ended.stderr))
    assert "infra.command_line" in found
    return found


def test_the_application_starts_without_the_libraries_of_reports_and_of_the_distributed_deployment() -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


def test_the_status_of_a_running_server_needs_neither_the_stores_nor_the_api(
    variables: dict[str, str], serve: Callable[..., Running]
) -> None:
    serve()
    for arguments in (("status",), ("keys", "list")):
        assert not loaded(variables, *arguments) & (REPORTS | NOT_EMBEDDED | API | STORES)


def test_the_status_without_a_server_needs_the_stores_and_not_the_api(variables: dict[str, str]) -> None:
    assert not loaded(variables, "status") & (REPORTS | NOT_EMBEDDED | API | {"phonenumbers", "email_validator"})


def test_the_help_needs_none_of_these(variables: dict[str, str]) -> None:
    assert not loaded(variables, "--help") & (REPORTS | NOT_EMBEDDED | API | STORES | {"pydantic", "httpx"})
