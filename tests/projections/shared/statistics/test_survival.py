"""Curves of what has not all ended yet, against statsmodels, lifelines, scipy and the shared case."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf, logrank
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from projections.shared.statistics.log_rank import LogRank, log_rank
from projections.shared.statistics.survival import Curve, curve
from tests.analytics_cases import case, needs_cases

LIFELINES = json.loads((Path(__file__).parents[3] / "data" / "oracles" / "survival.json").read_text())
SAMPLES = st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.integers(0, 3)), min_size=1, max_size=60)


def of(durations: Any, ended: Any) -> Curve:
    return curve(np.array(durations), np.array(ended, dtype=bool))


@needs_cases
def test_the_shared_case_is_met_to_nine_digits() -> None:
    known = case("6 Kaplan-Meier")
    found = of(known["given"]["durations"], known["given"]["solved"])
    close = pytest.approx
    assert dict(zip(map(str, found.times), found.share, strict=True)) == close(known["survival"], abs=1e-9)
    assert found.quantile(0.5) == (known["median"], *known["median_interval_loglog"])
    at_six = list(found.times).index(6)
    assert (found.low[at_six], found.high[at_six]) == close(tuple(known["survival_at_6_loglog"]), abs=1e-9)
    assert found.restricted_mean(10) == close((known["restricted_mean_10"], *known["restricted_interval"]), abs=1e-9)
    unsolved = known["all_unsolved"]
    assert of(unsolved["durations"], unsolved["solved"]).quantile(0.5) == (None, None, None)


@pytest.mark.parametrize("number", range(len(LIFELINES)))
def test_lifelines_finds_the_same(number: int) -> None:
    known = LIFELINES[number]
    found = of(known["durations"], known["ended"])
    for name in ("share", "low", "high"):
        expected = [known[name][str(at)] for at in found.times]
        assert getattr(found, name) == pytest.approx(expected, abs=1e-9), name
    assert list(found.quantile(0.5)) == known["median"]
    assert found.quantile(0.9).value == known["p90"]
    until, mean = known["restricted_mean"]
    assert found.restricted_mean(until).value == pytest.approx(mean, rel=1e-9)
    durations, ended, groups = (np.array(known[name]) for name in ("durations", "ended", "groups"))
    compared = log_rank(durations, ended, groups, 3)
    assert compared is not None
    assert [compared.statistic, compared.p_value] == pytest.approx(known["log_rank"], rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(sample=SAMPLES, part=st.sampled_from([0.5, 0.9]))
def test_statsmodels_finds_the_same(sample: list[tuple[int, bool, int]], part: float) -> None:
    durations, ended = ([one[place] for one in sample] for place in (0, 1))
    found = of(durations, ended)
    if not any(ended):
        assert found.quantile(part) == (None, None, None)
        return
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        oracle = SurvfuncRight(durations, ended)
        low, high = oracle.quantile_ci(part, method="cloglog")
    known = oracle.n_events > 0
    assert list(found.times) == list(oracle.surv_times[known])
    assert found.share == pytest.approx(oracle.surv_prob[known], abs=1e-12)
    within = found.low <= 1 - part
    if (within & (found.high > 1 - part)).any():
        # Without any time at which it may be, statsmodels has no interval.
        expected = tuple(None if not np.isfinite(bound) else bound for bound in (low, high))
        assert (found.quantile(part).low, found.quantile(part).high) == expected
    elif within.any():
        quantile = found.quantile(part)
        assert quantile.low == quantile.value == quantile.high


@settings(max_examples=40, deadline=None)
@given(sample=SAMPLES, cells=st.sampled_from([3, 200_000]))
def test_the_log_rank_test_is_that_of_scipy_and_statsmodels(sample: list[tuple[int, bool, int]], cells: int) -> None:
    durations, ended, group = (np.array([one[place] for one in sample]) for place in range(3))
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr("projections.shared.statistics.log_rank.CELLS", cells)
        two, four = (log_rank(durations, ended, groups, length) for groups, length in ((group % 2, 2), (group, 4)))
        if two is not None:
            some = (group % 2).astype(bool)
            one, other = (CensoredData.right_censored(durations[which], ~ended[which]) for which in (some, ~some))
            expected = logrank(one, other)
            assert two == pytest.approx(LogRank(float(expected.statistic) ** 2, 1, float(expected.pvalue)), abs=1e-9)
        if four is not None and four.freedom == 3:
            assert (four.statistic, four.p_value) == pytest.approx(survdiff(durations, ended, group), abs=1e-8)


def test_groups_of_which_none_is_compared_with_another_have_no_test() -> None:
    alone = np.array([1, 2, 3]), np.array([True, True, True]), np.array([0, 0, 0])
    assert log_rank(*alone, 1) is None
    assert log_rank(np.array([1, 2]), np.array([False, False]), np.array([0, 1]), 2) is None
    apart = log_rank(np.array([5, 5, 9]), np.array([False, False, True]), np.array([0, 0, 1]), 2)
    assert apart is None


def test_values_that_are_all_equal_have_an_interval_without_width() -> None:
    found = of([7, 7, 7], [True, True, True])
    assert (found.quantile(0.5), found.quantile(0.9)) == ((7, 7, 7), (7, 7, 7))
    assert found.restricted_mean(7) == (7, 7, 7)


def test_one_observation_has_a_median_if_it_ended() -> None:
    assert of([4], [True]).quantile(0.5) == (4, 4, 4)
    assert of([4], [False]).quantile(0.5) == (None, None, None)


def test_without_censoring_the_quantiles_are_order_statistics_also_where_floats_miss_a_half() -> None:
    for count in range(1, 120):
        found = of(range(1, count + 1), [True] * count)
        assert found.quantile(0.5).value == (count + 1) // 2, count
        assert found.quantile(0.9).value == -(-count * 9 // 10), count


def test_the_restricted_mean_is_not_known_beyond_what_was_observed() -> None:
    goes_on = of([2, 5], [True, False])
    assert goes_on.restricted_mean(5).value == pytest.approx(2 + 3 * 0.5)
    assert goes_on.restricted_mean(6).value is None
    assert of([2, 5], [True, True]).restricted_mean(600).value == pytest.approx(3.5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 3_000))
def test_a_curve_is_drawn_from_few_steps_without_being_moved(seed: int, size: int) -> None:
    draw = np.random.default_rng(seed)
    whole = curve(draw.integers(0, 10**6, size), draw.random(size) < 0.9)
    places = whole.drawn(100)
    assert len(places) <= 100
    if len(whole.times):
        assert places[-1] == len(whole.times) - 1
        last_kept = np.searchsorted(places, np.arange(len(whole.times)), side="right") - 1
        drawn = np.where(last_kept >= 0, whole.share[places[np.maximum(last_kept, 0)]], 1.0)
        height = 0 if len(whole.times) <= 100 else (whole.share[0] - whole.share[-1]) / 98
        assert (drawn - whole.share).max() <= height + 1e-12


def test_the_band_is_that_of_scipy() -> None:
    draw = np.random.default_rng(4)
    durations, ended = draw.integers(1, 400, 900), draw.random(900) < 0.7
    found = curve(durations, ended)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimate = ecdf(CensoredData.right_censored(durations, ~ended)).sf
        band = estimate.confidence_interval(0.95, method="log-log")
    places = np.searchsorted(estimate.quantiles, found.times)
    assert found.low == pytest.approx(np.nan_to_num(band.low.probabilities[places]), abs=1e-12)
    assert found.high == pytest.approx(np.nan_to_num(band.high.probabilities[places]), abs=1e-12)
