"""Segments in both deployments: live labels are equal to those of every rebuild."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.api.figures import value
from tests.api.segmentation.given_segments import CUSTOMERS, MODELS, segments_that_moved
from tests.scenarios.recount import Recount


@pytest.fixture(scope="module")
def position(recount: Recount) -> int:
    """Given customers who moved between segments: the position of the last event about them."""
    return segments_that_moved(recount.api)


def labels(recount: Recount, position: int) -> dict[str, list[dict[str, Any]]]:
    return {model["name"]: recount.every("/v1/segment-labels", model=model["name"], after=position) for model in MODELS}


def test_every_customer_has_a_label_or_a_reason_for_having_none(recount: Recount, position: int) -> None:
    for rows in labels(recount, position).values():
        assert len(rows) == CUSTOMERS - 1
        assert all((row["label"] is None) == bool(row["missing"]) for row in rows)
    counted = Counter(row["label"] for row in labels(recount, position)["by-size"])
    report = recount.get("/v1/reports/segments", model="by-size", after=position).json()
    assert {group["group"]["label"]: value(group, "customers") for group in report["groups"]} == {
        label: count for label, count in counted.items() if label
    }
    assert sum(value(group, "customers") for group in report["unlabelled"]) == counted[None]


def test_every_label_names_the_event_that_gave_the_customer_this_label(recount: Recount, position: int) -> None:
    for row in labels(recount, position)["by-size"]:
        event = recount.get(f"/v1/events/{row['since']}").json()
        assert event["type"].startswith(("crm.segment_model.", "crm.customer."))


def test_live_labels_equal_rebuilt_ones(recount: Recount, position: int) -> None:
    before = labels(recount, position)
    checked = recount.run("rebuild", "segment_labels", "--check")
    assert checked["same"] is True
    rebuilt = recount.run("rebuild", "segment_labels")
    assert (rebuilt["same"], rebuilt["swapped"]) == (True, True)
    assert labels(recount, position) == before
