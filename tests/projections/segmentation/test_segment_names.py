"""A cluster has a word where the features support one, else a number; a name that people gave stays with its cluster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.segmentation.segment_model import Feature, Fitted, Transform
from projections.segmentation.segment_fitting import Sample, Wanted
from projections.segmentation.segment_fitting import fit as found_by
from projections.segmentation.segment_identity import carried
from projections.segmentation.segment_names import FROM_BEFORE, NUMBERS, WORDS, definition, named
from tests.projections.segmentation.given_segments import fit

CHAMPIONS, STEADY, LAPSED = (2.0, -2.0, 2.0), (0.1, 0.0, 0.1), (-1.0, 2.0, -1.0)
USUAL = ("orders", "days_since_last", "total/EUR")
CDNOW = Path(__file__).parents[2] / "data" / "cdnow" / "CDNOW_sample.txt"
PERSONALITY = Path(__file__).parents[4] / "shared" / "data" / "customer_personality" / "marketing_campaign_full.csv"


def fitted(centroids: Sequence[Sequence[float]], *features: str, **changes: Any) -> Fitted:
    """A fit with as many customers in each cluster."""
    return fit(*(features or USUAL), centroids=centroids, mix=(1 / len(centroids),) * len(centroids), **changes)


def names(centroids: Sequence[Sequence[float]], *features: str) -> tuple[str, ...]:
    return named(fitted(centroids, *features), None, {}).cluster_names


@pytest.mark.parametrize(
    ("recent", "valuable", "word"),
    [
        (0.4, 0.4, "champions"),
        (0.4, 0.39, "steady"),
        (0.4, 0.0, "steady"),
        (0.4, -0.01, "promising"),
        (0.39, 0.4, "valuable"),
        (-0.39, 9.0, "valuable"),
        (0.39, 0.39, "steady"),
        (-0.39, 0.0, "steady"),
        (0.39, -0.01, "occasional"),
        (-0.39, -9.0, "occasional"),
        (-0.4, 0.0, "at risk"),
        (-9.0, 9.0, "at risk"),
        (-0.4, -0.01, "lapsed"),
    ],
)
def test_a_word_says_how_recent_and_how_valuable_a_cluster_is(recent: float, valuable: float, word: str) -> None:
    """Of two halves, one at 0.4 is 0.8 standard deviations from the other."""
    one, _ = names([(valuable, -recent, valuable), (-valuable, recent, -valuable)])
    assert one == word


def test_a_cluster_of_most_customers_is_compared_with_the_others() -> None:
    """It cannot be far from the mean of all, because it is most of all."""
    found = fit(*USUAL, centroids=[(1.33, -1.27, 1.18), (-0.49, 0.47, -0.44)], mix=(0.27, 0.73))
    assert named(found, None, {}).cluster_names == ("champions", "lapsed")


def test_value_is_the_mean_of_all_features_of_value() -> None:
    assert names([(2.0, -1.0, -1.0), (-1.0, 1.0, 2.0)]) == ("champions", "at risk")
    features = ("total/EUR", "days_since_last", "total/USD", "frequency", "T", "recency")
    assert names([(0.1, -1.0, 0.1, 1.4, 9.0, 9.0), (-1.0, 1.0, 0.0, 0.0, -9.0, -9.0)], *features) == ("champions", "lapsed")


def test_a_word_that_is_there_already_has_a_number() -> None:
    found = names([(1.0, -1.0, 1.0), (0.9, -1.0, 0.9), (0.8, -1.0, 0.8), (-1.0, 1.0, -1.0)])
    assert found == ("champions", "champions 2", "champions 3", "lapsed")


@pytest.mark.parametrize(
    "features",
    [
        ("orders", "total/EUR"),
        ("days_since_last",),
        ("recency", "orders"),
        ("days_since_last", "T"),
        ("days_since_last", "orders", "attribute:income"),
        ("days_since_last", "orders", "tickets"),
        ("days_since_last", "orders", "touches"),
    ],
)
def test_features_that_support_no_word_give_numbers(features: tuple[str, ...]) -> None:
    assert names([[1.0] * len(features), [-1.0] * len(features)], *features) == ("1", "2")
    assert definition(fitted([[1.0] * len(features)], *features)) == NUMBERS
    assert definition(carried(fitted([CHAMPIONS, LAPSED]), None)) == WORDS
    assert definition(fitted([CHAMPIONS, LAPSED])) == FROM_BEFORE


POSITIONS = st.floats(-3, 3)


@given(centroids=st.lists(st.tuples(POSITIONS, POSITIONS, POSITIONS), min_size=2, max_size=20))
def test_all_names_differ_and_the_same_fit_gives_the_same_names(centroids: list[tuple[float, float, float]]) -> None:
    found = names(centroids)
    assert len(set(found)) == len(found) == len(centroids)
    assert names(centroids) == found


# From fit to fit


def first(*given_names: str) -> Fitted:
    """A fit whose clusters people have given these names since."""
    found = carried(fitted([CHAMPIONS, STEADY, LAPSED]), None)
    assert found.cluster_names == ("champions", "steady", "lapsed")
    if not given_names:
        return found
    return replace(found, cluster_names=given_names, named_by_people=found.by_people(given_names))


def again(before: Fitted, *centroids: tuple[float, float, float]) -> dict[int, str]:
    """The name of each cluster after another fit, by its id."""
    found = carried(fitted(centroids), before)
    return dict(zip(found.ids, found.cluster_names, strict=True))


def test_a_name_that_people_gave_stays_with_its_cluster_and_the_others_are_still_by_the_rule() -> None:
    before = first("champions", "our regulars", "lapsed")
    assert before.named_by_people == (False, True, False)
    found = carried(fitted([CHAMPIONS, (0.6, -0.6, 0.6), LAPSED]), before)
    assert found.cluster_names == ("champions", "our regulars", "lapsed")
    assert found.named_by_people == (False, True, False)
    later = carried(fitted([CHAMPIONS, STEADY, LAPSED]), found)
    assert (later.cluster_names, later.named_by_people) == (found.cluster_names, found.named_by_people)


def test_a_word_goes_when_it_is_no_longer_the_right_one() -> None:
    before = carried(fitted([(0.6, -0.6, 0.6), LAPSED]), None)
    assert before.cluster_names == ("champions", "lapsed")
    assert again(before, (0.3, -0.6, 0.3), LAPSED) == {0: "steady", 1: "lapsed"}


def test_a_word_that_people_gave_to_one_cluster_is_not_given_to_another() -> None:
    before = first("the best", "champions", "lapsed")
    assert again(before, CHAMPIONS, STEADY, LAPSED, (9.0, -9.0, 9.0)) == {
        0: "the best",
        1: "champions",
        2: "lapsed",
        3: "champions 2",
    }


def test_the_number_after_a_word_stays_with_its_cluster() -> None:
    before = carried(fitted([(3.0, -3.0, 3.0), (1.0, -1.0, 1.0), LAPSED]), None)
    assert before.cluster_names == ("champions", "champions 2", "lapsed")
    assert again(before, (1.0, -1.0, 1.0), (3.0, -3.0, 3.0), LAPSED) == {1: "champions 2", 0: "champions", 2: "lapsed"}
    assert again(before, (1.0, -1.0, 1.0), LAPSED) == {1: "champions 2", 2: "lapsed"}


def test_numbers_of_a_fit_from_before_become_words_and_names_of_people_stay() -> None:
    old = fitted([CHAMPIONS, STEADY, LAPSED], cluster_names=("1", "our regulars", "3"))
    assert old.named_by_people == ()
    assert again(old, CHAMPIONS, STEADY, LAPSED) == {0: "champions", 1: "our regulars", 2: "lapsed"}


# Real customers


def model(rows: Any, k: int | None, transform: Transform) -> Fitted:
    """A fit of orders, days since the last one, and spending."""
    features = (Feature(name="orders"), Feature(name="days_since_last"), Feature(name="total", currency="USD"))
    sample = Sample(date(1998, 7, 1), features, numpy.array(rows, dtype=float), 0)
    return found_by(Wanted("baseline", features, k, transform), sample, 1)


@pytest.fixture(scope="module")
def cdnow() -> Any:
    table = pandas.DataFrame([line.split() for line in CDNOW.read_text().splitlines()]).set_index(1)
    days, spent = pandas.to_datetime(table[2], format="%Y%m%d"), table[4].astype(float)
    since = (pandas.Timestamp(1998, 7, 1) - days.groupby(level=0).max()).dt.days
    return numpy.column_stack([days.groupby(level=0).size(), since, spent.groupby(level=0).sum()])


@pytest.mark.parametrize(
    ("k", "transform", "expected"),
    [
        (3, "none", ("champions", "steady", "lapsed")),
        (None, "log1p", ("champions", "lapsed")),
        (4, "log1p", ("champions", "valuable", "occasional", "lapsed")),
    ],
)
def test_the_customers_of_cdnow_have_fitting_words(
    cdnow: Any, k: int | None, transform: Transform, expected: tuple[str, ...]
) -> None:
    """In these models champions bought 7 to 23 times, the last time 1 to 4 months ago; lapsed customers once, 15 months ago."""
    found = model(cdnow, k, transform)
    assert found.cluster_names == expected


def test_the_customers_of_another_shop_have_fitting_words() -> None:
    """Their purchases and their days since the last one, which are attributes in an import, as features."""
    if not PERSONALITY.exists():
        pytest.skip(f"{PERSONALITY.name} is not on this machine")
    table = pandas.read_csv(PERSONALITY)
    orders = table[["NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"]].sum(axis=1)
    rows = numpy.column_stack([orders, table["Recency"], table.filter(like="Mnt").sum(axis=1)])
    assert model(rows, 3, "none").cluster_names == ("valuable", "promising", "lapsed")
    assert model(rows, 4, "none").cluster_names == ("champions", "at risk", "promising", "lapsed")
    assert model(rows, None, "log1p").cluster_names == ("valuable", "steady", "occasional")
