"""From real purchases, a short script computes the same cohorts and the same new and returning customers as Recount."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from domain.shared.events import Actor
from infra.processes.parts import Parts
from tests.api.client import Client
from tests.api.customers.given_customers import head, seen
from tests.api.figures import value, values
from tests.oracles import buyers

CDNOW = Path(__file__).parents[1] / "data" / "cdnow"
LINES = (CDNOW / "CDNOW_sample.txt").read_text().splitlines()[:400]


@pytest.fixture
def client(client: Client, parts: Parts, tmp_path: Path) -> Client:
    """Given the purchases of a hundred of CDNOW's customers."""
    file = tmp_path / "purchases.txt"
    file.write_text("\n".join(LINES))
    mapping = parse_mapping((CDNOW / "cdnow.toml").read_bytes())
    report = run_import(parts.executor, parts.deployment.store.secret, mapping, file, Actor(type="system", id="test"))
    assert report.refused == 0, report.refusals
    return client


def figures(group: dict[str, Any], *names: str) -> tuple[int, ...]:
    """Some counts, and the net in cents."""
    return *map(int, values(group, *names)), int(value(group, "net") * 100)


def test_the_script_finds_the_same_cohorts_and_the_same_new_and_returning_customers(client: Client) -> None:
    cohorts = {
        (group["group"]["cohort"][:7], group["group"]["months_since"]): figures(group, "size", "customers", "orders")
        for group in seen(client, "/v1/reports/cohorts")["groups"]
    }
    assert cohorts == buyers.cohorts(buyers.purchases(LINES))
    bought = {
        (group["group"]["month"][:7], group["group"]["buyer"]): figures(group, "customers", "orders")
        for group in seen(client, "/v1/reports/buyers", by="month")["groups"]
    }
    exported = client.get("/v1/orders", params={"after": head(client)}, headers={"accept": "text/csv"})
    assert bought == buyers.new_and_returning(buyers.orders(exported.text))
