"""A real experiment with three arms and 64,000 customers, with known answers, on the embedded deployment."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.scenarios.known_files import (
    DATA,
    Imported,
    arguments,
    beginning,
    campaign,
    effects,
    events_since,
    imported_by,
    needs_data,
)
from tests.scenarios.recount import Recount, embedded

FILES = {"hillstrom": "hillstrom/hillstrom.csv"}
ROWS = 64_000

pytestmark = needs_data


@pytest.fixture(scope="module")
def recount() -> Iterator[Recount]:
    """Its size is what matters here: other files, imported on both deployments, show that these answer the same."""
    with embedded() as running:
        yield running


@pytest.fixture(scope="module")
def imported(recount: Recount) -> Imported:
    return imported_by(recount, FILES, "/v1/customers", "/v1/reports/campaign-effect")


def test_every_row_is_imported_and_none_refused(imported: Imported) -> None:
    report = imported.reports["hillstrom"]
    assert (report["rows"], report["refused"], report["skipped"]) == (ROWS, 0, 0)


def test_the_arms_of_the_experiment_are_those_of_the_source(recount: Recount, imported: Imported) -> None:
    arms = {
        group["variant"]: (
            group["funnel"]["targeted"],
            group["funnel"]["visited"],
            group["funnel"]["converted"],
            Decimal(group["sales"]),
            group["currency"],
        )
        for group in effects(recount, by="variant", campaign_id=campaign(recount, "hillstrom", "e-mail")["id"])
    }
    assert arms == {
        "mens": (21_307, 3_894, 267, Decimal("30311.69"), "USD"),
        "womens": (21_387, 3_238, 189, Decimal("23038.11"), "USD"),
        "control": (21_306, 2_262, 122, Decimal("13908.33"), "USD"),
    }


def test_identical_rows_are_different_customers(recount: Recount, imported: Imported) -> None:
    with (DATA / FILES["hillstrom"]).open() as file:
        lines = file.read().splitlines()[1:]
    duplicates = len(lines) - len(set(lines))
    [effect] = effects(recount, campaign_id=campaign(recount, "hillstrom", "e-mail")["id"])
    assert (duplicates, effect["funnel"]["targeted"]) == (6_562, 64_000)


def test_a_customer_of_the_experiment_has_the_values_of_their_row(recount: Recount, imported: Imported) -> None:
    with (DATA / FILES["hillstrom"]).open() as file:
        line, row = next((line, row) for line, row in enumerate(csv.DictReader(file), 2) if row["conversion"] == "1")
    customer = recount.get(f"/v1/customers/by/hillstrom/{line}").json()
    assert customer["attributes"]["history"] == float(row["history"])
    members = f"/v1/campaigns/{campaign(recount, 'hillstrom', 'e-mail')['id']}/members"
    [conversion] = recount.get(f"{members}/{customer['id']}").json()["conversions"]
    assert Decimal(conversion["value"]) == Decimal(row["spend"])


def test_importing_the_first_rows_as_another_file_changes_nothing(recount: Recount, imported: Imported, tmp_path: Path) -> None:
    mapping, whole = arguments("hillstrom", FILES["hillstrom"])
    again = recount.run("import", mapping, str(beginning(Path(whole), tmp_path, 2_000)))
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, 2_000, 0)
    recorded = events_since(recount, imported, again)
    assert [event["type"] for event in recorded] == ["crm.import.started.v2", "crm.import.completed.v1"]
