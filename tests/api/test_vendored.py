"""The libraries that the repository holds for browsers are those that their locks name."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.api.vendor import VENDORED, Vendored

TREE = Path(__file__).parents[2]
NOTICE = re.sub(r"\s+", " ", (TREE / "NOTICE").read_text())
every = pytest.mark.parametrize("one", VENDORED, ids=[one.package for one in VENDORED])


@every
def test_the_vendored_files_are_those_of_the_lock_and_the_notice_names_them(one: Vendored) -> None:
    assert one.lock.read_text() == one.locked(*one.known())
    of_ours = {path.name for path in one.folder.iterdir() if path.suffix != ".mts"}
    assert of_ours == {line.split(" ")[0] for line in one.lock.read_text().splitlines()[1:]}
    assert f"{one.package} {one.known()[0]}" in NOTICE
    assert str(one.folder.relative_to(TREE)) in NOTICE


@every
def test_a_changed_vendored_file_is_found(one: Vendored, tmp_path: Path) -> None:
    for file in one.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / Path(one.files[-1]).name).write_bytes(b"body{}")
    changed = one._replace(folder=tmp_path).locked(*one.known())
    assert hashlib.sha256(b"body{}").hexdigest() in changed
    assert changed != one.lock.read_text()


@every
def test_no_vendored_module_imports_a_package_by_its_name(one: Vendored) -> None:
    for file in one.folder.glob("*.mjs"):
        assert not re.search(r'from"[^./"]', file.read_text())
