"""Every path of the tree that a page names is there."""

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
    """What the page names that is not there: paths in backticks, the targets of its links, and modules to run."""
    named = [(TREE, path) for path in IN_BACKTICKS.findall(text)]
    named += [((TREE / page).parent, path) for path in LINKED.findall(text)]
    modules = [name for name in MODULE.findall(text) if not _is_module(name)]
    return [path for folder, path in named if not (folder / path).exists()] + modules


def _is_module(name: str) -> bool:
    path = TREE.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page: str) -> None:
    assert missing(page, (TREE / page).read_text()) == []


def test_what_the_image_is_made_of_is_there() -> None:
    sources = [source for line in COPIED.findall((TREE / "Dockerfile").read_text()) for source in line.split()]
    assert [source for source in sources if not (TREE / source).exists()] == []
    assert set(FOLDERS) - {"tests", "docs"} <= set(sources)


def test_a_wrong_path_is_found() -> None:
    told = (
        "See `domain/money.py`, `domain/shared/money.py`, [events](events.md), [all](all.md#it) and `python -m tests.nothing`."
    )
    assert missing("docs/architecture.md", told) == ["domain/money.py", "all.md", "tests.nothing"]
