"""From exports of the API, a short script computes the same effects of a real experiment as Recount."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from domain.shared.events import Actor
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.conftest import on_both_engines
from tests.api.customers.given_customers import head, seen
from tests.api.marketing.given_campaigns import planned
from tests.oracles.campaigns import Answer, campaign_effect, of_members, of_report

HILLSTROM = Path(__file__).parents[3] / "shared" / "data" / "hillstrom" / "hillstrom.csv"
MAPPING = Path(__file__).parents[1] / "data" / "mappings" / "hillstrom.toml"
AMONG, WITHOUT = 4000, 60

pytestmark = pytest.mark.skipif(not HILLSTROM.exists(), reason="the real file is not next to the repository, in ../shared/data")


@pytest.fixture
def campaign(parts: Parts, client: Client, tmp_path: Path) -> dict[str, Any]:
    """Given the converted customers among the first ones of the experiment, and some who did not convert."""
    header, *lines = HILLSTROM.read_text().splitlines(keepends=True)[:AMONG]
    converted = [line for line in lines if line.split(",")[-2] == "1"]
    sample = tmp_path / "hillstrom.csv"
    sample.write_text("".join([header, *converted, *[line for line in lines if line not in converted][:WITHOUT]]))
    mapping = parse_mapping(MAPPING.read_bytes())
    report = run_import(parts.executor, parts.deployment.store.secret, mapping, sample, Actor(type="system", id="test"))
    assert report.refused == 0, report.refusals
    [campaign] = seen(client, "/v1/campaigns")["items"]
    return dict(campaign)


def exported(client: Client, path: str, **question: Any) -> str:
    answer = client.get(path, params=question | {"after": head(client)}, headers={"accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return answer.text


def our_answer(report: dict[str, Any], name: str) -> Answer:
    [mean] = report["means"]
    values = {group["group"][name]: group["measures"]["seed_effect"]["value"] for group in report["groups"]}
    effect = {of: float(value) for of, value in values.items() if value}
    return Answer(effect, float(mean["measures"]["seed_effect"]["value"]))


def assert_same(ours: Answer, theirs: Answer) -> None:
    assert ours.effect == pytest.approx(theirs.effect, rel=1e-9)
    assert ours.mean == pytest.approx(theirs.mean, rel=1e-9)


@on_both_engines
def test_the_script_finds_the_same_effect_of_each_arm_and_the_same_mean(client: Client, campaign: dict[str, Any]) -> None:
    asked = "/v1/reports/campaign-effect"
    ours = our_answer(seen(client, asked, by="variant"), "variant")
    assert set(ours.effect) == {"mens", "womens", "control"}
    members = exported(client, f"/v1/campaigns/{campaign['id']}/members")
    report = exported(client, asked, by="variant")
    for table in (of_members(members, "USD", "variant"), of_report(report, "variant")):
        assert_same(ours, campaign_effect(table))


def test_the_script_leaves_a_campaign_without_members_out_of_the_mean_as_we_do(
    client: Client, campaign: dict[str, Any]
) -> None:
    planned(client, name="Nobody's", currency="USD")
    report = seen(client, "/v1/reports/campaign-effect")
    script = campaign_effect(of_report(exported(client, "/v1/reports/campaign-effect")))
    assert_same(our_answer(report, "campaign"), script)
    assert list(script.effect) == [campaign["name"]]
    [mean] = report["means"]
    assert (mean["measures"]["seed_effect"]["denominator"], mean["measures"]["left_out"]["value"]) == (1, "1")
