"""Where the master key comes from: a setting, a file, or a command that runs without a shell, in bounds, and silently."""

from __future__ import annotations

import os
import shlex
import sys
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.command_line.up import _master_keys
from infra.master_keys import LARGEST_OUTPUT, parsed, printed_by
from infra.settings import Settings
from tests.infra.recount import environment, recount
from tests.waiting import wait_until

OLD, NEW = "0d" * 32, "0e" * 32


def python(script: str) -> str:
    return shlex.join([sys.executable, "-c", script])


def test_several_keys_stand_on_a_line_each_and_the_last_is_the_newest(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{OLD}\n{NEW}\n")
    expected = (bytes.fromhex(OLD), bytes.fromhex(NEW))
    for settings in (
        Settings(master_key=f"{OLD}\n{NEW}"),
        Settings(master_key_file=file),
        Settings(master_key_command=f"cat {file}"),
    ):
        assert settings.master_keys == expected


@pytest.mark.parametrize("text", ["", " \n", "0d" * 31, f"{OLD}{NEW}", f"{OLD}\nx", f"{OLD}\n{OLD}", "é" * 64])
def test_a_text_without_keys_is_refused_and_not_repeated_in_the_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"hexadecimal digits|twice") as refused:
        parsed(text)
    assert not text.strip() or text not in str(refused.value)


def test_a_command_runs_without_a_shell_and_gets_no_input() -> None:
    assert printed_by("echo $HOME; 'a  b'") == "$HOME; a  b\n"
    assert printed_by(python("import sys; print(repr(sys.stdin.read()))")) == "''\n"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("", "the command is empty"),
        ("no-such-program --key=secret", "no-such-program cannot be started: No such file or directory"),
        ("false secret", "false ended with status 1"),
        ("cat 'secret", "No closing quotation"),
    ],
)
def test_a_command_that_fails_is_named_without_its_arguments(command: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        printed_by(command)
    assert "secret" not in str(refused.value)


def test_what_a_failing_command_says_is_not_shown(home: Path) -> None:
    loud = python("import sys; print('secret-out'); print('secret-err', file=sys.stderr); sys.exit(3)")
    ran = recount(environment(home, MASTER_KEY=None, MASTER_KEY_COMMAND=loud), "status")
    assert ran.status == 2
    assert "RECOUNT_MASTER_KEY_COMMAND" in ran.errors
    assert "ended with status 3" in ran.errors
    assert "secret" not in ran.output + ran.errors


def test_a_command_that_prints_too_much_is_stopped() -> None:
    with pytest.raises(ValueError, match=f"printed more than {LARGEST_OUTPUT} bytes"):
        printed_by("cat /dev/zero")


def test_a_command_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    script = f"sleep 600 & echo $! > {child}; wait"
    began = time.monotonic()
    with pytest.raises(ValueError, match="did not end within 1 seconds"):
        printed_by(shlex.join(["sh", "-c", script]), seconds=1)
    assert time.monotonic() - began < 60
    wait_until(lambda: not alive(int(child.read_text())), "the child of the command has ended")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_exactly_one_setting_gives_the_master_key(tmp_path: Path) -> None:
    given = {"master_key": OLD, "master_key_file": tmp_path / "key", "master_key_command": "cat key"}
    for one, other in combinations(given, 2):
        with pytest.raises(ValidationError, match=f"RECOUNT_{one.upper()} and RECOUNT_{other.upper()}") as refused:
            Settings.model_validate({one: given[one], other: given[other]})
        assert OLD not in str(refused.value)
    with pytest.raises(ValueError, match="RECOUNT_MASTER_KEY, RECOUNT_MASTER_KEY_FILE or RECOUNT_MASTER_KEY_COMMAND"):
        _ = Settings().master_keys


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ({"master_key": f"{OLD} {NEW}"}, {"RECOUNT_MASTER_KEY": f"{OLD}\n{NEW}"}),
        ({"master_key_file": Path("key")}, {"RECOUNT_MASTER_KEY_FILE": str(Path.cwd() / "key")}),
        ({"master_key_command": "cat /key"}, {"RECOUNT_MASTER_KEY_COMMAND": "cat /key"}),
    ],
)
def test_the_processes_of_up_read_the_master_key_where_up_does(given: dict[str, Any], passed: dict[str, str]) -> None:
    assert _master_keys(Settings.model_validate(given)) == passed


def test_a_store_opens_with_the_key_that_a_command_prints(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(OLD)
    os.chmod(file, 0o600)
    assert recount(environment(home, MASTER_KEY=None, MASTER_KEY_COMMAND=f"cat {file}"), "status").status == 0
    assert recount(environment(home, MASTER_KEY=OLD), "status").status == 0
    assert recount(environment(home, MASTER_KEY=NEW), "status").status == 2
