"""The sizes of a campaign's arms against the planned shares."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from scipy.stats import chisquare

from projections.marketing.campaigns import Planned
from projections.marketing.sample_ratio import checked, shares
from tests.projections.harness import uuid

D = Decimal


def plan(holdout: str | None, **planned: str | None) -> Planned:
    given: dict[str, Any] = {code: share and D(share) for code, share in planned.items()}
    return Planned(uuid("Spring"), "Spring", "EUR", 7, None, tuple(given), {}, holdout and D(holdout), given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("planned", "members", "observed", "expected"),
    [
        # Shares of all members, and the same plan as shares of those outside the hold-out.
        (plan("0.2", a="0.5", b="0.3"), {"control": 25, "a": 50, "b": 25}, [25, 50, 25], [20, 50, 30]),
        (plan("0.2", a="0.6", b="0.4"), {"control": 25, "a": 50, "b": 25}, [25, 50, 25], [20, 48, 32]),
        # Variants without a share have the rest together, also if the plan does not list them.
        (plan("0.1"), {"control": 12, "treatment": 50, "other": 38}, [12, 88], [10, 90]),
        (plan("0.1", a="0.5", b=None, c=None), {"control": 10, "a": 60, "b": 20, "c": 10}, [10, 60, 30], [10, 50, 40]),
        # Without a planned hold-out the control has the rest, or is left out if there is no rest.
        (plan(None, a="0.5", b="0.4"), {"control": 12, "a": 50, "b": 38}, [50, 38, 12], [50, 40, 10]),
        (plan(None, a="0.5", b="0.5"), {"control": 12, "a": 60, "b": 40}, [60, 40], [50, 50]),
        # An arm that nobody was assigned to counts with 0.
        (plan("0.5"), {"treatment": 30}, [0, 30], [15, 15]),
        # What rounded shares leave is no share.
        (plan(None, a="0.333333", b="0.333333", c="0.333333"), {"control": 9, "a": 9, "b": 12}, [9, 12, 0], [7, 7, 7]),
    ],
)
def test_members_are_compared_with_the_planned_shares(
    planned: Planned, members: dict[str, int], observed: list[int], expected: list[int]
) -> None:
    found, by_scipy = checked(shares(planned), members), chisquare(observed, expected)
    assert found.n == sum(observed)
    assert (float(found.value or 0), float(getattr(found.test, "p_value", 0))) == pytest.approx(tuple(by_scipy), rel=1e-9)
    assert (found.caution is not UNSET) == (by_scipy.pvalue < 0.001)


@settings(max_examples=100, deadline=None)
@given(
    holdout=st.none() | st.integers(0, 99),
    planned=st.lists(st.none() | st.integers(1, 100), max_size=4).filter(lambda given: sum(filter(None, given)) <= 100),
)
def test_planned_shares_and_the_rest_add_up_to_one(holdout: int | None, planned: list[int | None]) -> None:
    codes = {f"v{place}": None if share is None else str(D(share) / 100) for place, share in enumerate(planned)}
    found = shares(plan(None if holdout is None else str(D(holdout) / 100), **codes))
    assert float(sum(found.planned.values()) + found.rest) == pytest.approx(1, abs=1e-3)
    assert found.rest >= 0
    assert all(share >= 0 for share in found.planned.values())


def test_a_variant_that_the_plan_leaves_no_room_for_is_a_mismatch() -> None:
    found = checked(shares(plan("0.5", a="0.5")), {"control": 5, "a": 5, "b": 1})
    assert (found.value, found.reason) == (None, "the plan gives no member the variant b")
    assert found.caution == "Sample ratio mismatch: the plan gives no member the variant b"


@pytest.mark.parametrize(
    ("planned", "members", "reason"),
    [
        (plan(None), {"control": 5, "treatment": 5}, "the plan gives no shares"),
        (plan("0.5"), {"treatment": 0}, "nobody is assigned"),
    ],
)
def test_without_shares_or_members_there_is_nothing_to_check(planned: Planned, members: dict[str, int], reason: str) -> None:
    found = checked(shares(planned), members)
    assert (found.value, found.reason, found.caution) == (None, reason, UNSET)
