"""What the pages tell operators to type in containers: the image's entry point is `recount`, so its name is not repeated."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from infra.command_line import app

TREE = Path(__file__).parents[2]
RUN = re.compile(r"docker compose run [^`]*?\sapi\s+([a-z-]+)")


def test_a_container_is_told_a_command_that_exists() -> None:
    named = {name: page.name for page in TREE.glob("docs/*.md") for name in RUN.findall(page.read_text().replace("\\\n", " "))}
    assert {"repair", "restore", "backup", "keys"} <= named.keys()
    assert named.keys() <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
