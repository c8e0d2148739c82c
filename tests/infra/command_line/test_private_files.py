"""No other user of the machine can read what Recount writes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.file_modes import repair
from infra.processes import temporary_files
from tests.infra.recount import MASTER_KEY, Running, environment, recount

Serve = Callable[..., Running]
TREE = Path(__file__).parents[3]


def _readable_by_others(folder: Path) -> Iterator[str]:
    """The folder and everything in it that group or others can use, by name and mode."""
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077 and not path.is_symlink():
            yield f"{path.relative_to(folder)} {mode:04o}"


def test_everything_that_a_server_writes_is_only_for_its_user_whatever_the_umask(serve: Serve, home: Path) -> None:
    before = os.umask(0)
    try:
        with serve().caller() as caller:
            assert caller.post("/v1/customers", json={"kind": "person", "name": "Ada"}).status_code == 201
            written = {path.name for path in home.iterdir()}
            assert {"events.db", "events.db-wal", "read-models.db", "lock", "server.json", "tmp"} <= written
            assert list(_readable_by_others(home)) == []
    finally:
        os.umask(before)


def test_what_an_earlier_version_left_readable_is_repaired_at_the_start_and_logged(serve: Serve, home: Path) -> None:
    assert serve().end() == 0
    home.chmod(0o755)
    (home / "events.db").chmod(0o644)
    not_ours = home / "notes.txt"
    not_ours.touch(mode=0o644)
    not_ours.chmod(0o644)
    server = serve()
    assert list(_readable_by_others(home)) == ["notes.txt 0644"]
    assert "events.db" in server.errors
    assert "only its owner" in server.errors
    not_ours.unlink()
    assert server.end() == 0
    assert "only its owner" not in serve().errors


def test_a_repair_changes_neither_a_shared_folder_nor_what_a_link_leads_to(tmp_path: Path) -> None:
    shared, elsewhere = tmp_path / "shared", tmp_path / "elsewhere"
    shared.mkdir()
    shared.chmod(0o1777)
    elsewhere.touch()
    elsewhere.chmod(0o644)
    (shared / "lock").symlink_to(elsewhere)
    repair(shared)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (shared, elsewhere)] == [0o1777, 0o644]


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o644, True)])
def test_a_master_key_that_others_can_read_is_reported_and_used(tmp_path: Path, home: Path, mode: int, warned: bool) -> None:
    file = tmp_path / "master-key"
    file.write_text(MASTER_KEY)
    file.chmod(mode)
    ran = recount(environment(home, MASTER_KEY=None, MASTER_KEY_FILE=file), "status", "--json")
    assert ran.answer["deployment"] == "embedded"
    assert ("RECOUNT_MASTER_KEY_FILE" in ran.errors) == warned
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_the_key_of_the_makefile_and_its_folder_are_private_also_those_of_before(tmp_path: Path) -> None:
    def made() -> list[str]:
        command = ["make", "-f", str(TREE / "Makefile"), "-C", str(tmp_path), "private"]
        subprocess.run(command, check=True, umask=0, capture_output=True)
        return list(_readable_by_others(tmp_path / ".recount"))

    assert made() == []
    (tmp_path / ".recount").chmod(0o755)
    (tmp_path / ".recount/master-key").chmod(0o644)
    assert made() == []


def test_the_files_of_a_killed_server_are_removed_at_the_next_start_and_those_of_a_running_one_stay(
    serve: Serve, home: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    killed = serve()
    [left] = (home / "tmp").iterdir()
    (left / "upload").write_text("Ada")
    assert killed.end(signal.SIGKILL) != 0
    assert left.exists()
    serve()
    [own] = (home / "tmp").iterdir()
    assert own != left
    # A second process with the same HOME: in the distributed deployment, several workers can share one.
    other = "from pathlib import Path; from infra.processes.temporary_files import own_temporary_folder as own\n"
    other += f"with own(Path({str(home)!r})): pass"
    subprocess.run([sys.executable, "-c", other], check=True, cwd=TREE)
    assert list((home / "tmp").iterdir()) == [own]


def test_a_start_does_not_fail_on_a_temporary_folder_that_its_process_removes_at_the_same_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = tmp_path / "tmp" / "ending"
    ending.mkdir(parents=True)
    lock = temporary_files._lock

    def removed_first(folder: Path, how: int) -> int:
        if folder == ending:
            ending.rmdir()
        return lock(folder, how)

    monkeypatch.setattr(temporary_files, "_lock", removed_first)
    with temporary_files.own_temporary_folder(tmp_path) as own:
        assert list((tmp_path / "tmp").iterdir()) == [own]
