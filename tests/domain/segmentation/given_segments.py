"""Test data for segments: a fit of the features orders and total, with three clusters."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from domain.segmentation.segment_model import Feature, Fitted, Quality, SegmentModel
from domain.shared.ids import derived_id
from tests.domain.given import live

BASELINE = derived_id("segment_model", "baseline")

FITTED = Fitted(
    name="baseline",
    features=(Feature(name="orders"), Feature(name="total", currency="EUR")),
    cut_off_position=120,
    cut_off_day=date(2026, 3, 1),
    transform="none",
    mean=(3.0, 250.5),
    scale=(1.5, 0.1 + 0.2),
    centroids=((2.0, 1 / 3), (0.0, -0.0), (-1.0, 5e-324)),
    cluster_names=("1", "2", "3"),
    seed=7,
    customers=40,
    left_out=2,
    quality=Quality(inertia=12.25, silhouette=None, smallest_share=0.1),
    versions={"scikit-learn": "1.9.1"},
)


def fitted(**changes: Any) -> Fitted:
    return msgspec.structs.replace(FITTED, **changes)


def model(**changes: Any) -> SegmentModel:
    """A fitted model."""
    made = SegmentModel(BASELINE)
    made.fit(live(), fitted(**changes))
    return made
