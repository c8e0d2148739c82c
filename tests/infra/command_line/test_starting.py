"""A process loads only the modules that it uses when it starts."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.infra.recount import COMMAND, Running
from tests.servers import TREE

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


# Other tests start commands from a process that has imported everything: see `tests.warm`.
BEGUN = (
    ("status",),
    ("keys", "list"),
    ("report",),
    ("rebuild", "pipelines"),
    ("dead-letters", "list"),
    ("clock", "confirm"),
    ("repair",),
    ("backup", "--new-identity", "identity"),
)
SCRIPT = str(Path(sys.executable).with_name("recount"))


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


def test_every_command_runs_on_a_new_interpreter(variables: dict[str, str], tmp_path: Path) -> None:
    given = {**variables, "PYTHONPATH": str(TREE)}
    for arguments in BEGUN:
        ended = subprocess.run([*COMMAND, *arguments], env=given, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr


def test_the_script_is_the_command(variables: dict[str, str]) -> None:
    helps = [
        subprocess.run([*command, "--help"], env=variables, capture_output=True, text=True, check=True).stdout.split()
        for command in ([SCRIPT], COMMAND)
    ]
    assert helps[0] == " ".join(helps[1]).replace("python -m infra.command_line", "recount").split()
