"""From exports of the API, a short script computes the same channel effects of real purchases as Recount."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from domain.shared.events import Actor
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.figures import value
from tests.oracles.channels import CHANNELS, as_commands, as_rows, channel_effect, of_lists, of_report, traffic

DATA = Path(__file__).parents[1] / "data"
PURCHASES, PER_REQUEST = 300, 500
FIRST, LAST = date(1997, 1, 1), date(1997, 2, 28)


@pytest.fixture
def client(client: Client, parts: Parts, tmp_path: Path) -> Client:
    """Given some of CDNOW's purchases, spread over three channels."""
    lines = (DATA / "cdnow" / "CDNOW_sample.txt").read_text().splitlines(keepends=True)
    load(parts, "cdnow_channels.toml", tmp_path / "purchases.txt", "".join(lines[:PURCHASES]))
    return client


def load(parts: Parts, mapping: str, file: Path, rows: str) -> None:
    file.write_text(rows)
    mapped = parse_mapping((DATA / "mappings" / mapping).read_bytes())
    report = run_import(parts.executor, parts.deployment.store.secret, mapped, file, Actor(type="system", id="test"))
    assert report.refused == 0, report.refusals


def exported(client: Client, path: str) -> str:
    answer = client.get(path, params={"after": head(client)}, headers={"accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return answer.text


def count(client: Client) -> None:
    """Record the traffic, a few hundred days per request."""
    commands = as_commands(traffic(FIRST, LAST))
    for begin in range(0, len(commands), PER_REQUEST):
        lines = b"\n".join(map(msgspec.json.encode, commands[begin : begin + PER_REQUEST]))
        answers = client.request("POST", "/v1/batch", content=lines, headers={"content-type": "application/x-ndjson"})
        assert {msgspec.json.decode(line)["status"] for line in answers.text.splitlines()} == {200}


def ours(report: dict[str, Any]) -> dict[str, float]:
    return {group["group"]["channel"]: float(value(group, "seed_channel_effect")) for group in report["groups"]}


@on_both_engines
def test_the_script_finds_the_same_effect_by_channel_and_the_same_mean(client: Client) -> None:
    count(client)
    report = seen(client, "/v1/reports/channel-effect")
    [mean] = report["means"]
    days = {code: exported(client, f"/v1/channels/{code}/days") for code in CHANNELS}
    from_lists = channel_effect(of_lists(exported(client, "/v1/orders"), days))
    from_report = channel_effect(of_report(exported(client, "/v1/reports/channel-effect")))
    assert set(from_lists.by_channel) == set(CHANNELS)
    assert ours(report) == pytest.approx(from_lists.by_channel, rel=1e-9)
    assert ours(report) == pytest.approx(from_report.by_channel, rel=1e-9)
    assert float(value(mean, "seed_channel_effect")) == pytest.approx(from_lists.mean, rel=1e-9)
    assert float(value(mean, "seed_channel_effect")) == pytest.approx(from_report.mean, rel=1e-9)


def test_a_channel_without_counted_visits_is_left_out_of_both_means(client: Client, parts: Parts, tmp_path: Path) -> None:
    counted = (row for row in traffic(FIRST, LAST) if row[1] != "phone")
    load(parts, "channel_traffic.toml", tmp_path / "traffic.csv", as_rows(counted))
    script = channel_effect(of_report(exported(client, "/v1/reports/channel-effect")))
    [mean] = seen(client, "/v1/reports/channel-effect")["means"]
    assert set(script.by_channel) == {"store", "web"}
    assert float(value(mean, "seed_channel_effect")) == pytest.approx(script.mean, rel=1e-9)
    assert (mean["measures"]["seed_channel_effect"]["denominator"], value(mean, "without_rate")) == (2, 1)
