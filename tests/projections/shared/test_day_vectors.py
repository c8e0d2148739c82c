"""The days of quarters of an hour, computed from a few offsets of each zone: as Python computes each of them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones
from zoneinfo._zoneinfo import ZoneInfo as InPython  # type: ignore[import-not-found]  # it shows its transitions

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.shared.day_vectors import STEP, day_of_quarter, days_of_quarters
from projections.shared.reports import QUARTER

ZONES = sorted(available_timezones())
FIRST, LAST = (int(datetime(year, 6, 1, tzinfo=UTC).timestamp()) // QUARTER for year in (1, 9999))


def test_no_zone_changes_its_clocks_twice_within_a_step() -> None:
    apart = {name: np.diff(InPython.no_cache(name)._trans_utc) for name in ZONES}
    assert min(int(of.min()) for of in apart.values() if len(of)) > STEP * QUARTER
    assert len(apart["Europe/Berlin"]) > 50


@given(st.sampled_from(ZONES), st.lists(st.integers(FIRST, LAST), max_size=5), st.integers(-8_000, 5_000))
def test_quarters_far_apart_have_the_days_that_python_computes(name: str, far: list[int], first: int) -> None:
    zone = ZoneInfo(name)
    quarters = [*far, *range(first * 96, first * 96 + 2 * STEP)]
    expected = [day_of_quarter(quarter, zone) for quarter in quarters]
    assert days_of_quarters(np.array(quarters, np.int64), zone).tolist() == expected


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/St_Johns", "Europe/Amsterdam", "Pacific/Apia", "Africa/Monrovia"])
def test_every_quarter_around_a_change_has_the_day_that_python_computes(name: str) -> None:
    """Offsets of seconds, a day that is left out, and clocks that are set back over midnight."""
    zone = ZoneInfo(name)
    changes = InPython.no_cache(name)._trans_utc
    quarters = np.unique([second // QUARTER + near for second in changes for near in range(-2 * STEP, 2 * STEP)])
    expected = [day_of_quarter(quarter, zone) for quarter in quarters.tolist()]
    assert days_of_quarters(quarters, zone).tolist() == expected


def test_the_first_and_the_last_quarter_of_the_calendar_have_a_day() -> None:
    moments = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 45, tzinfo=UTC)
    first, last = (int(moment.timestamp()) // QUARTER for moment in moments)
    assert days_of_quarters(np.array([first, last]), UTC).tolist() == [day_of_quarter(first, UTC), day_of_quarter(last, UTC)]


def test_no_quarters_have_no_days() -> None:
    assert not len(days_of_quarters(np.zeros(0, np.int64), UTC))
