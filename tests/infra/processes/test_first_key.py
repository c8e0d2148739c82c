"""The first key is issued once, and whatever happens in between, it is known to somebody."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.shared.key_texts import opened as opened_text
from domain.operations.api_key import Issued
from domain.shared.ids import new_id
from infra.processes.first_key import FILE, FirstKey, issue_first_key
from infra.processes.parts import Parts, opened
from infra.settings import Settings


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    with opened(Settings(home=tmp_path / "home", master_key="5a" * 32)) as parts:
        yield parts


def issue(parts: Parts, home: Path) -> FirstKey | None:
    return issue_first_key(parts.deployment.store, parts.executor, home, show=False)


def hash_in_force(parts: Parts) -> str:
    store = parts.deployment.store
    [issued] = [recorded.event for recorded in store.decode(store.log(0, 10)) if isinstance(recorded.event, Issued)]
    return issued.hash


def hash_in(parts: Parts, file: Path) -> str:
    presented = opened_text(file.read_text().strip(), parts.deployment.store.secret)
    assert presented
    return presented.hash


def test_a_key_whose_recording_was_interrupted_is_recorded_at_the_next_start(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(parts.executor, "submit", killed)
        with pytest.raises(KeyboardInterrupt):
            issue(parts, tmp_path)
    left = (tmp_path / FILE).read_text()
    assert issue(parts, tmp_path) == FirstKey(left.strip(), tmp_path / FILE)
    assert hash_in(parts, tmp_path / FILE) == hash_in_force(parts)
    assert issue(parts, tmp_path) is None
    assert (tmp_path / FILE).read_text() == left


@pytest.mark.parametrize("rubbish", ["", "rk_nobody", "rk_" + "0" * 32 + "_" + "A" * 63])
def test_a_file_that_is_not_of_this_store_is_replaced(parts: Parts, tmp_path: Path, rubbish: str) -> None:
    (tmp_path / FILE).write_text(rubbish)
    assert issue(parts, tmp_path)
    assert hash_in(parts, tmp_path / FILE) == hash_in_force(parts)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_of_processes_that_start_together_the_file_of_one_has_the_key(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [tmp_path / name for name in ("one", "other") for _ in range(4)]
    monkeypatch.setattr(parts.deployment.store, "head", lambda: 0)
    with ThreadPoolExecutor(len(homes)) as pool:
        issued = list(pool.map(lambda home: issue(parts, home), homes))
    [file] = {found.file for found in issued if found}
    assert file
    assert hash_in(parts, file) == hash_in_force(parts)
    assert [path.name for path in file.parent.iterdir()] == [FILE]


def test_a_key_to_show_is_in_no_file(parts: Parts, tmp_path: Path) -> None:
    found = issue_first_key(parts.deployment.store, parts.executor, tmp_path / str(new_id()), show=True)
    assert found
    assert found.file is None
    presented = opened_text(found.text, parts.deployment.store.secret)
    assert presented
    assert presented.hash == hash_in_force(parts)
