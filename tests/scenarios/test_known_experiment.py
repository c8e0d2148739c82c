"""A real experiment with three arms and 64,000 customers, with known answers, on the embedded deployment."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

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

FILE = DATA / "hillstrom/hillstrom.csv"
ROWS = 64_000

pytestmark = needs_data


@pytest.fixture(scope="module")
def recount() -> Iterator[Recount]:
    """Its size is what matters here: other files, imported on both deployments, show that these answer the same."""
    with embedded() as running:
        yield running


@pytest.fixture(scope="module")
def imported(recount: Recount) -> Imported:
    return imported_by(recount, {"hillstrom": FILE}, "/v1/customers", "/v1/reports/campaign-effect")


def test_every_row_is_imported_and_none_refused(imported: Imported) -> None:
    report = imported.reports["hillstrom"]
    assert (report["rows"], report["refused"], report["skipped"]) == (ROWS, 0, 0)


def test_the_arms_of_the_experiment_are_those_of_the_source(recount: Recount, imported: Imported) -> None:
    arms = {
        group["group"]["variant"]: (
            *(int(group["measures"][stage]["value"]) for stage in ("targeted", "visited", "converted")),
            Decimal(group["measures"]["sales"]["value"]),
            group["group"]["currency"],
        )
        for group in effects(recount, by="variant", campaign_id=campaign(recount, "hillstrom", "e-mail")["id"])
    }
    assert arms == {
        "mens": (21_307, 3_894, 267, Decimal("30311.69"), "USD"),
        "womens": (21_387, 3_238, 189, Decimal("23038.11"), "USD"),
        "control": (21_306, 2_262, 122, Decimal("13908.33"), "USD"),
    }


def test_the_lift_of_each_arm_is_what_other_libraries_find_in_the_source(recount: Recount, imported: Imported) -> None:
    table = pandas.read_csv(FILE)
    arms = {"mens": "Mens E-Mail", "womens": "Womens E-Mail", "control": "No E-Mail"}
    spends = {arm: table[table["segment"] == name]["spend"].to_numpy() for arm, name in arms.items()}
    id = campaign(recount, "hillstrom", "e-mail")["id"]
    report = recount.get("/v1/reports/campaign-lift", campaign_id=id).json()
    lifts = {group["group"]["variant"]: group["measures"] for group in report["groups"]}
    assert (list(lifts), report["sample_ratio"]["reason"]) == (["control", "mens", "womens"], "the plan gives no shares")
    base = int((spends["control"] > 0).sum()), len(spends["control"])
    for arm in ("mens", "womens"):
        found = int((spends[arm] > 0).sum()), len(spends[arm])
        rates, revenue = (lifts[arm][f"{name}_difference"] for name in ("conversion", "revenue_per_member"))
        _, p = proportions_ztest([found[0], base[0]], [found[1], base[1]])
        welch = ttest_ind(spends[arm], spends["control"], equal_var=False)
        assert bounds(rates) == pytest.approx(confint_proportions_2indep(*found, *base, method="newcomb"), abs=1e-9)
        assert bounds(revenue) == pytest.approx(welch.confidence_interval(0.95), abs=1e-9)
        assert [float(one["test"]["p_value"]) for one in (rates, revenue)] == pytest.approx([p, welch.pvalue], rel=1e-9)


def test_spend_in_the_year_before_takes_out_variance_as_numpy_finds_it(recount: Recount, imported: Imported) -> None:
    table = pandas.read_csv(FILE)
    spend, before = table["spend"].to_numpy(), table["history"].to_numpy()
    theta = numpy.cov(spend, before)[0, 1] / before.var(ddof=1)
    adjusted = spend - theta * (before - before.mean())
    welch = ttest_ind(*(adjusted[table["segment"] == name] for name in ("Mens E-Mail", "No E-Mail")), equal_var=False)
    id = campaign(recount, "hillstrom", "e-mail")["id"]
    report = recount.get("/v1/reports/campaign-lift", campaign_id=id, covariate="attribute:history").json()
    [mens] = [group["measures"] for group in report["groups"] if group["group"]["variant"] == "mens"]
    assert bounds(mens["revenue_per_member_difference_cuped"]) == pytest.approx(welch.confidence_interval(0.95), abs=1e-9)
    explained = numpy.corrcoef(spend, before)[0, 1] ** 2
    assert float(mens["cuped_explained"]["value"]) == pytest.approx(explained, rel=1e-9)


def bounds(figure: dict[str, Any]) -> tuple[float, float]:
    return float(figure["interval"]["low"]), float(figure["interval"]["high"])


def test_identical_rows_are_different_customers(recount: Recount, imported: Imported) -> None:
    with FILE.open() as file:
        lines = file.read().splitlines()[1:]
    duplicates = len(lines) - len(set(lines))
    [effect] = effects(recount, campaign_id=campaign(recount, "hillstrom", "e-mail")["id"])
    assert (duplicates, effect["measures"]["targeted"]["value"]) == (6_562, "64000")


def test_a_customer_of_the_experiment_has_the_values_of_their_row(recount: Recount, imported: Imported) -> None:
    with FILE.open() as file:
        line, row = next((line, row) for line, row in enumerate(csv.DictReader(file), 2) if row["conversion"] == "1")
    customer = recount.get(f"/v1/customers/by/hillstrom/{line}").json()
    assert customer["attributes"]["history"] == float(row["history"])
    members = f"/v1/campaigns/{campaign(recount, 'hillstrom', 'e-mail')['id']}/members"
    [conversion] = recount.get(f"{members}/{customer['id']}").json()["conversions"]
    assert Decimal(conversion["value"]) == Decimal(row["spend"])


def test_importing_the_first_rows_as_another_file_changes_nothing(recount: Recount, imported: Imported, tmp_path: Path) -> None:
    again = recount.run("import", *arguments("hillstrom", beginning(FILE, tmp_path, 2_000)))
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, 2_000, 0)
    recorded = events_since(recount, imported, again)
    assert [event["type"] for event in recorded] == ["crm.import.started.v2", "crm.import.completed.v1"]
