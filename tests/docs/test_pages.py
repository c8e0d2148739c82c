"""Every request and command on a page is run here, on the embedded deployment with the first rows of the sample.

The pages are read in a fixed order, each with a key of the role it is written for. Later pages use what earlier pages created.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs.blocks import FENCED, steps, unread
from tests.docs.reader import Reader
from tests.infra.recount import Ran, Running, environment, recount

TREE = Path(__file__).parents[2]
SAMPLE = TREE / "tests" / "data" / "cdnow"
ROWS = 120
ROLES = {
    "README.md": ("admin",),
    "docs/applications.md": ("admin",),
    "docs/webhooks.md": ("admin",),
    "docs/analysts.md": ("analyst",),
    "docs/auditors.md": ("auditor",),
    "docs/definitions.md": ("analyst", "auditor"),
    "docs/importing.md": ("admin",),
    "docs/operating.md": ("admin",),
}


class Library:
    """Reads each page once, in order."""

    def __init__(self, reader: Reader, caller: httpx.Client, admin: str) -> None:
        self._reader, self._caller, self._admin = reader, caller, admin
        self._read = list[str]()

    def read_up_to(self, page: str) -> None:
        for one in list(ROLES)[: list(ROLES).index(page) + 1]:
            if one not in self._read:
                self._read.append(one)
                self._reader.follow(steps((TREE / one).read_text()), self._key(ROLES[one]))

    def _key(self, roles: tuple[str, ...]) -> str:
        if roles == ("admin",):
            return self._admin
        headers = {"Authorization": f"Bearer {self._admin}"}
        answer = self._caller.post("/v1/keys", json={"label": "reader", "roles": roles}, headers=headers)
        return str(answer.json()["key"])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("docs")
    sample = folder / "sample.txt"
    sample.write_text("".join((SAMPLE / "CDNOW_sample.txt").read_text().splitlines(keepends=True)[:ROWS]))
    variables = environment(folder / "home")

    def run(*arguments: object) -> Ran:
        ran = recount(variables, *arguments)
        assert ran.status == 0, (arguments, ran.output, ran.errors)
        return ran

    server = Running(folder, variables, "serve", "--load", SAMPLE / "cdnow.toml", sample)
    try:
        server.wait_for("Recount is ready").wait_for(sample.name)
        key = server.key
        assert key
        with server.caller() as caller:
            yield Library(Reader(caller, run, folder), caller, key)
    finally:
        server.process.kill()
        server.process.wait()


@pytest.mark.parametrize("page", ROLES)
def test_every_step_on_a_page_works(library: Library, page: str) -> None:
    library.read_up_to(page)


@pytest.mark.parametrize("page", ROLES)
def test_no_command_is_in_a_block_that_no_test_executes(page: str) -> None:
    assert not unread((TREE / page).read_text())


def test_every_block_names_its_language() -> None:
    languages: dict[str, Any] = {page: {block[1] for block in FENCED.finditer((TREE / page).read_text())} for page in ROLES}
    assert set().union(*languages.values()) <= {"http", "sh", "json", "text", "toml", "sql"}
