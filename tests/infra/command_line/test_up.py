"""What `recount up` tells its processes, and what it does before it says that it is ready."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

from infra.processes.parts import opened
from infra.processes.roles import ROLES, Place
from infra.read_models import troubles
from infra.read_models.troubles import Trouble
from infra.settings import Settings

# The package has the function under the name of the module.
up = import_module("infra.command_line.up")
PLACE = Place("postgresql://somewhere", "somewhere:1", {"RECOUNT_MASTER_KEY": "7c" * 32})


def test_the_processes_write_the_list_of_erasures_where_it_is_named_from_the_folder_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECOUNT_ERASURES_FILE", "far/list")
    settings = Settings(home=Path("data"))
    found = up._environment(ROLES[0], PLACE, 1, settings)
    assert found["RECOUNT_HOME"] == str(tmp_path / "data")
    assert found["RECOUNT_ERASURES_FILE"] == str(tmp_path / "far" / "list")
    assert "RECOUNT_ERASURES_FILE" not in up._files(settings.model_copy(update={"erasures_file": None}))


def test_it_does_not_wait_for_read_models_that_wait_for_a_repair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(up, "CATCH_UP_WITHIN", 20.0)
    with opened(Settings(home=tmp_path, master_key="7c" * 32)) as parts:
        monkeypatch.setattr(type(parts.completeness), "up_to", lambda *_: -1)
        with parts.deployment.read_models.writer.begin() as connection:
            troubles.note(connection, Trouble("positions-ahead", "the topic is ahead", datetime.now(UTC), "topic"))
        up._wait_until_caught_up(parts)
    assert "--repair" in capsys.readouterr().err
