"""A copy of the files was put back, and the list of erasures, which is elsewhere, knows more than the log."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from domain.shared.ids import new_id
from infra.backup.erasing_again import come_back
from infra.backup.erasures import erasures_file
from infra.processes import repairing
from infra.processes.parts import Parts, opened
from infra.processes.repairing import repair
from infra.settings import Settings
from projections.customers.customers import customer_view
from tests.commands.event_stores import accepted, erasing, one, registering
from tests.infra.backup.given_backups import merging, names, unmerging


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The list is outside of HOME, as docs/backups.md recommends."""
    return Settings(home=tmp_path / "home", master_key="7c" * 32, erasures_file=tmp_path / "far" / "list")


def lines(settings: Settings) -> int:
    return erasures_file(settings).read_text().count("\n")


def shown(parts: Parts) -> list[str]:
    return [trouble.code for trouble in parts.operating().status().troubles]


def test_who_was_erased_since_the_copy_is_erased_again_by_a_repair(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "PROJECTIONS", (customer_view,))
    erasures_file(settings).parent.mkdir()
    gone, kept, later = new_id(), new_id(), new_id()
    with opened(settings) as parts:
        assert all(accepted(one(parts.executor, registering(id, "Ada"))) for id in (gone, kept))
    shutil.copytree(settings.home, tmp_path / "copy")
    with opened(settings) as parts:
        assert all(accepted(one(parts.executor, registering())) for _ in range(3))
        erased_at = one(parts.executor, erasing(gone)).position
    shutil.rmtree(settings.home)
    shutil.copytree(tmp_path / "copy", settings.home)
    with opened(settings) as parts:
        assert shown(parts) == ["positions-ahead"]
        [trouble] = parts.operating().status().troubles
        assert "1 erasures of the list" in trouble.detail
        # An erasure of now is listed too, and no position of the list is given out again.
        assert one(parts.executor, registering(later)).position > erased_at
        one(parts.executor, erasing(later))
        assert lines(settings) == 2
    said: list[str] = []
    repair(settings, said.append)
    assert said[1].startswith("1 subjects are erased again")
    for _ in range(2):
        with opened(settings) as parts:
            assert shown(parts) == []
            assert names(parts.deployment.store, [gone, kept]) == [None, "Ada"]
            assert lines(settings) == 3


def test_a_repair_erases_whom_the_erasure_took_along_and_nobody_else(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "PROJECTIONS", (customer_view,))
    erasures_file(settings).parent.mkdir()
    gone, merged_since, parted_since = (new_id() for _ in range(3))
    with opened(settings) as parts:
        people = (gone, merged_since, parted_since)
        assert all(accepted(one(parts.executor, registering(id, "Ada"))) for id in people)
        assert accepted(one(parts.executor, merging(parted_since, gone)))
    shutil.copytree(settings.home, tmp_path / "copy")
    with opened(settings) as parts:
        later = (unmerging(parted_since), merging(merged_since, gone), erasing(gone))
        assert all(accepted(one(parts.executor, one_of_them)) for one_of_them in later)
    shutil.rmtree(settings.home)
    shutil.copytree(tmp_path / "copy", settings.home)
    repair(settings, lambda _: None)
    with opened(settings) as parts:
        assert shown(parts) == []
        assert names(parts.deployment.store, [*people]) == [None, None, "Ada"]


def test_who_was_registered_again_since_is_not_back(settings: Settings, tmp_path: Path) -> None:
    erasures_file(settings).parent.mkdir()
    same = new_id()
    with opened(settings) as parts:
        one(parts.executor, registering())
    shutil.copytree(settings.home, tmp_path / "copy")
    with opened(settings) as parts:
        one(parts.executor, registering(same))
        one(parts.executor, erasing(same))
    shutil.rmtree(settings.home)
    shutil.copytree(tmp_path / "copy", settings.home)
    with opened(settings) as parts:
        assert accepted(one(parts.executor, registering(same)))
        assert come_back(parts.deployment.store, erasures_file(settings)) == []
        assert shown(parts) == []
