"""A value model records what a fit found, and nothing that is no fit."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from msgspec.structs import replace

from domain.segmentation.value_model import ValueModel, ValueModelExists
from domain.shared.events import type_name
from domain.shared.ids import derived_id
from domain.shared.refusals import Malformed, NotThere, UnknownCurrency
from tests.domain.given import facts, live, state, stored
from tests.domain.segmentation.given_values import FITTED, PURCHASES, SPEND


def model() -> ValueModel:
    made = ValueModel(derived_id("value_model", "value"))
    made.fit(live(), FITTED)
    return made


def test_a_fit_is_recorded_completely_and_loads_again() -> None:
    made = model()
    assert facts(made) == [FITTED]
    assert type_name(type(FITTED)) == "crm.value_model.fitted.v1"
    assert state(stored(made)) == state(made)


def test_the_same_fit_again_records_nothing_and_another_one_replaces_it() -> None:
    made = model()
    made.fit(live(), FITTED)
    made.refit(live(), FITTED)
    other = replace(FITTED, cut_off_position=2, spend=None)
    made.refit(live(), other)
    assert facts(made) == [FITTED, other]


def test_another_model_of_the_same_name_is_refused() -> None:
    with pytest.raises(ValueModelExists):
        model().fit(live(), replace(FITTED, cut_off_position=2))


def test_a_model_that_was_never_fitted_cannot_be_fitted_again() -> None:
    with pytest.raises(NotThere):
        ValueModel(derived_id("value_model", "other")).refit(live(), FITTED)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"purchases": replace(PURCHASES, r=0.0)}, Malformed),
        ({"purchases": replace(PURCHASES, alpha=nan)}, Malformed),
        ({"purchases": replace(PURCHASES, log_likelihood=inf)}, Malformed),
        ({"spend": replace(SPEND, v=inf)}, Malformed),
        ({"spend": replace(SPEND, p=-1.0)}, Malformed),
        ({"currency": "XYZ"}, UnknownCurrency),
        ({"name": ""}, Malformed),
    ],
)
def test_what_is_no_fit_is_refused(wrong: dict[str, Any], refusal: type[Exception]) -> None:
    made = ValueModel(derived_id("value_model", "value"))
    with pytest.raises(refusal):
        made.fit(live(), replace(FITTED, **wrong))
    assert facts(made) == []
