"""A process that is forked from the warm one is as a new one would be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.infra.recount import COMMAND, environment
from tests.servers import TREE
from tests.warm import Forked, run, started

MODULE = "shown_by_a_test"
SHOWN = """
import os, sys, tempfile, threading
from pathlib import Path
print(Path.cwd(), sys.argv[1:], os.environ["GIVEN"], "HOME" in os.environ, __name__, tempfile.gettempdir())
print(sorted(os.listdir("/proc/self/fd"))[:3], os.getsid(0) == os.getpid(), threading.active_count())
print("an error", file=sys.stderr)
Path("written").touch(0o666)
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module that shows what it is given."""
    (tmp_path / f"{MODULE}.py").write_text(SHOWN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_has_the_arguments_the_environment_the_folder_and_the_files_that_a_new_one_has(module: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}
    given = {**kept, "GIVEN": "here", "TMPDIR": str(module)}
    command = [sys.executable, "-m", MODULE, "3", "more"]
    before = os.umask(0o027)
    try:
        forked, new = run(command, given, 60), subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    finally:
        os.umask(before)
    assert (forked.returncode, forked.stderr) == (new.returncode, new.stderr) == (3, "an error\n")
    shown, inside = forked.stdout.splitlines()
    assert shown == new.stdout.splitlines()[0] == f"{module} ['3', 'more'] here False __main__ {module}"
    assert inside == "['0', '1', '2'] True 1"
    assert (module / "written").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it_and_its_starter_learns_which(tmp_path: Path, number: signal.Signals) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = started([sys.executable, "-m", "timeit", "-n", "1", "import time; time.sleep(600)"], os.environ, log, log)
    assert isinstance(process, Forked)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.send_signal(number)
    assert process.wait(60) == process.poll() == -number
    assert not psutil.pid_exists(process.pid)
    process.kill()


def test_settings_of_python_and_other_programs_need_a_new_interpreter(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        for command, given in ((COMMAND, {"PYTHONPATH": str(tmp_path)}), ([sys.executable, "-c", "0"], {})):
            process = started([*command, "--help"], {**environment(tmp_path), **given}, log, log, TREE)
            assert isinstance(process, subprocess.Popen)
            assert process.wait(60) == 0
