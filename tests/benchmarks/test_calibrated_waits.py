"""The calibration of waiting times, small: the median's interval holds, and equal groups seldom differ."""

import numpy as np
import pytest

from tests.benchmarks.calibration import waiting


def test_the_interval_of_the_median_contains_it_in_93_of_100_samples_with_open_tickets() -> None:
    draw, waits = np.random.default_rng(3), waiting.WAITS["log-normal"]
    curves = [waiting.observed(draw, waits, 60, 0.33) for _ in range(600)]
    assert 0.93 <= waiting.covered([one.quantile(0.5) for one in curves], waits.ppf(0.5)) <= 0.98


def test_equal_groups_differ_in_five_of_100_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "RUNS", 400)
    assert waiting.equal_groups(np.random.default_rng(4), 3).met
