"""Commands that record something compare the log with the topic before, as the API does: no position is given out twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.command_line.reaching import reached
from infra.processes import topic_check
from infra.settings import Settings
from tests.infra.processes.test_log_watch import KEY


@pytest.mark.servers
def test_a_key_that_is_made_beside_a_newer_topic_has_a_position_above_it(
    tmp_path: Path, prepared_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_check, "_highest_position", lambda *_: 50)
    given = {"home": tmp_path, "master_key": KEY, "database_url": prepared_database_url, "kafka": "127.0.0.1:1"}
    with reached(Settings.model_validate(given), records=True) as api:
        issued = api.post("/v1/keys", json={"label": "me", "roles": ["admin"]})
    assert issued["position"] == 51
