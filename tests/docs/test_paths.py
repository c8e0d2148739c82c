"""Every path of the repository that a page names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
PAGES = [*sorted(page.relative_to(TREE).as_posix() for page in (TREE / "docs").rglob("*.md")), "README.md"]
FOLDERS = ("domain", "commands", "projections", "api", "consumers", "infra", "tests", "docs")
IN_BACKTICKS = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`")
LINKED = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
MODULE = re.compile(r"python -m ((?:tests|infra)[\w.]*)")
COPIED = re.compile(r"^COPY (?!--from)(.+) \S+$", re.MULTILINE)


def missing(page: str, text: str) -> list[str]:
    """The missing ones of the names on the page: paths in backticks, targets of links, and modules to run."""
    named = [(TREE, path) for path in IN_BACKTICKS.findall(text)]
    named += [((TREE / page).parent, path) for path in LINKED.findall(text)]
    modules = [name for name in MODULE.findall(text) if not _is_module(name)]
    return [path for folder, path in named if not (folder / path).exists()] + modules


def _is_module(name: str) -> bool:
    path = TREE.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_exists(page: str) -> None:
    assert missing(page, (TREE / page).read_text()) == []


def test_every_source_of_the_image_exists() -> None:
    sources = [source for line in COPIED.findall((TREE / "Dockerfile").read_text()) for source in line.split()]
    assert [source for source in sources if not (TREE / source).exists()] == []
    assert set(FOLDERS) - {"tests", "docs"} <= set(sources)


def test_a_wrong_path_is_found() -> None:
    text = (
        "See `domain/money.py`, `domain/shared/money.py`, [events](events.md), [all](all.md#it) and `python -m tests.nothing`."
    )
    assert missing("docs/architecture.md", text) == ["domain/money.py", "all.md", "tests.nothing"]
