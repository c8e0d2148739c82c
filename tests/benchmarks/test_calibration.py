"""Calibration, quickly: a part of what `python -m tests.benchmarks.calibration` shows."""

import numpy as np
import pytest

from projections.shared.statistics.proportions import Share, pooled_variance
from projections.shared.statistics.sequential import always_valid, reach
from tests.benchmarks.calibration import lift


@pytest.mark.parametrize(
    ("n", "rate", "m", "base"), [(400, 0.11, 100, 0.25), (1_000, 0.045, 1_000, 0.03), (900, 0.3, 100, 0.3)]
)
def test_newcombes_interval_contains_the_difference_in_about_95_percent(n: int, rate: float, m: int, base: float) -> None:
    assert 0.94 < lift.covered(n, rate, m, base) < 0.965


@pytest.mark.parametrize(("n", "m", "rate"), [(1_000, 1_000, 0.03), (9_000, 1_000, 0.035), (4_500, 500, 0.07)])
def test_four_to_six_percent_of_equal_arms_with_a_verdict_are_called_different(n: int, m: int, rate: float) -> None:
    share, shown, _ = lift.rejected(n, m, rate)
    assert shown > 0.2
    assert 0.04 <= share <= 0.06


def test_twenty_observed_events_alone_would_select_arms_by_their_difference() -> None:
    """The small arm expects 15 events: it has 20 by chance only, and then it looks better."""
    share, shown, by_observed = lift.rejected(4_500, 500, 0.03)
    assert max(share, shown) < 1e-3
    assert by_observed > 0.2


def test_the_always_valid_interval_contains_no_difference_at_every_look() -> None:
    chance = np.random.default_rng(5)
    events = [chance.binomial(size, 0.1, (2_000, 20)).cumsum(axis=1) for size in (270, 30)]
    sizes = [size * np.arange(1, 21) for size in (270, 30)]
    one, other = (Share(count, size) for count, size in zip(events, sizes, strict=True))
    enough, variance = np.minimum(*events) >= 20, np.maximum(pooled_variance(one, other), 1e-9)
    outside = enough & (np.abs(one.rate - other.rate) > reach(variance))
    assert outside.any(axis=1).mean() <= 0.05
    last = Share(int(events[0][0, -1]), 5_400), Share(int(events[1][0, -1]), 600)
    interval = always_valid(*last)
    assert interval is not None
    assert interval[1] - interval[0] == pytest.approx(2 * reach(variance[0, -1]), rel=1e-9)
