"""Credits: the values of the shared cases, of definitions written out, and their sums for all paths."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain, combinations
from math import factorial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.shared.statistics.apportionment import apportioned
from projections.shared.statistics.attribution import (
    MODELS,
    Paths,
    conversion_probability,
    credited,
    removal_effects,
)

CASES = Path(__file__).parents[5] / "shared" / "data" / "analytics_cases.json"
NAMES = "ABC"
EXACT: dict[str, Any] = {"rel": 0, "abs": 1e-9}

Touched = Sequence[tuple[Sequence[int], int, int]]
ENDS = st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(any)
PATH = st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=6), ENDS).map(lambda path: (path[0], *path[1]))
PATHS = st.lists(PATH, min_size=1, max_size=8)


def paths_of(given: Touched, ages: Sequence[float] | None = None) -> Paths:
    """Each path with its channels, how often it converted and how often it did not."""
    touched = [(number, channel) for number, (channels, *_) in enumerate(given) for channel in channels]
    numbers, channels = (np.array(column, np.int64) for column in zip(*touched, strict=True))
    conversions, without = (np.array([path[place] for path in given], float) for place in (1, 2))
    return Paths(numbers, channels, np.array(ages or [0.0] * len(touched)), conversions, conversions, without)


@pytest.fixture(scope="module")
def case() -> dict[str, Any]:
    if not CASES.exists():
        pytest.skip("the cases are not next to the repository, in ../shared/data")
    found: dict[str, Any] = msgspec.json.decode(CASES.read_bytes())["9 attribution"]
    return found


@pytest.fixture(scope="module")
def shared(case: dict[str, Any]) -> Paths:
    return paths_of([([NAMES.index(c) for c in p["path"]], p["conversions"], p["without"]) for p in case["given"]])


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("first", "first"),
        ("last", "last"),
        ("linear", "linear"),
        ("position", "position_40_20_40"),
        ("shapley", "shapley_subset_game"),
    ],
)
def test_credits_are_those_of_the_shared_case(case: dict[str, Any], shared: Paths, model: Any, name: str) -> None:
    expected = [case[name][channel] for channel in NAMES]
    assert credited(shared, 3, model) == pytest.approx(expected, **EXACT)


def test_removal_effects_are_those_of_the_shared_case(case: dict[str, Any], shared: Paths) -> None:
    markov = case["markov"]
    effects = removal_effects(shared, 3)
    assert conversion_probability(shared) == pytest.approx(markov["conversion_probability"], **EXACT)
    assert effects == pytest.approx([markov["removal_effect"][channel] for channel in NAMES], **EXACT)
    assert effects / effects.sum() * 12 == pytest.approx([markov["credit"][channel] for channel in NAMES], **EXACT)


def test_a_weight_halves_in_each_half_life(case: dict[str, Any]) -> None:
    path = paths_of([([0, 1, 2, 3], 1, 0)], ages=[14, 7, 3, 0])
    assert credited(path, 4, "time-decay") == pytest.approx(case["time_decay_weights_at_14_7_3_0_days"], **EXACT)
    assert credited(path, 4, "time-decay", 3.5)[:2] / credited(path, 4, "time-decay", 3.5)[3] == pytest.approx([1 / 16, 1 / 4])


def test_a_path_whose_touchpoints_are_all_old_has_weights() -> None:
    old = paths_of([([0, 1], 1, 0)], ages=[3650, 3649])
    assert credited(old, 2, "time-decay", 0.5) == pytest.approx([0.2, 0.8])


@given(PATHS)
@settings(max_examples=60, deadline=None)
def test_removal_effects_are_those_of_chains_solved_one_by_one(given: Touched) -> None:
    paths = paths_of(given)
    if paths.conversions.sum():
        expected = [_lost_without(given, removed) for removed in range(4)]
        assert removal_effects(paths, 4) == pytest.approx(expected, abs=1e-9)
    else:
        assert removal_effects(paths, 4).tolist() == [0] * 4


def _lost_without(given: Touched, removed: int) -> float:
    """1 − P(conversion without the channel) / P(conversion), each from a system of equations of its own."""
    return 1 - _converts(given, removed) / _converts(given, None)


def _converts(given: Touched, removed: int | None) -> float:
    start, end = 4, 5
    counts = np.zeros((6, 6))
    for channels, conversions, without in given:
        for one, other in zip([start, *channels], channels, strict=False):
            counts[one, other] += conversions + without
        counts[channels[-1], end] += conversions
    leaving = counts.sum(axis=1)
    for channels, _, without in given:
        leaving[channels[-1]] += without
    rates = np.divide(counts, leaving[:, None], out=np.zeros_like(counts), where=leaving[:, None] > 0)
    if removed is not None:
        rates[removed] = 0
    return float(np.linalg.solve(np.eye(5) - rates[:5, :5], rates[:5, end])[start])


@given(PATHS)
@settings(max_examples=60, deadline=None)
def test_shapley_values_are_the_means_of_what_each_channel_adds_to_all_sets_of_others(given: Touched) -> None:
    def worth(of: set[int]) -> int:
        return sum(conversions for channels, conversions, _ in given if set(channels) <= of)

    def value(channel: int) -> float:
        others = [one for one in range(4) if one != channel]
        sets = chain.from_iterable(combinations(others, size) for size in range(4))
        return sum(
            factorial(len(one)) * factorial(3 - len(one)) / factorial(4) * (worth({*one, channel}) - worth({*one}))
            for one in sets
        )

    assert credited(paths_of(given), 4, "shapley") == pytest.approx([value(channel) for channel in range(4)])


@given(PATHS, st.sampled_from(MODELS))
@settings(max_examples=100, deadline=None)
def test_credits_add_up_to_the_conversions(given: Touched, model: Any) -> None:
    paths = paths_of(given)
    total = int(paths.conversions.sum())
    found = credited(paths, 5, model)
    assert found[4] == 0
    if model != "markov":
        assert found.sum() == pytest.approx(total)
    units = apportioned(found.tolist(), total * 10**9)
    assert sum(units) == total * 10**9
    assert min(units) >= 0


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=9), st.integers(0, 10**20))
def test_apportioned_parts_add_up_and_differ_by_less_than_one_from_their_share(parts: list[float], total: int) -> None:
    found = apportioned(parts, total)
    if not any(parts):
        assert found == [0] * len(parts)
        return
    assert sum(found) == total
    shares = [Fraction(part) * total / sum(map(Fraction, parts)) for part in parts]
    assert all(abs(one - share) < 1 + total / 10**13 for one, share in zip(found, shares, strict=True))


def test_of_equal_remainders_the_first_is_rounded_up() -> None:
    assert apportioned([1, 1, 1], 100) == [34, 33, 33]
    assert apportioned([0, 1, 1], 1) == [0, 1, 0]
