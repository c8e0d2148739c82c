"""Times of a file in the format that the mapping declares: read as they are written, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from commands.importing.mapping import MappingError, Time
from commands.importing.times import time_reader
from commands.importing.unusable import Unusable
from domain.sales.deal.events import Opened
from tests.commands.importing.given_importing import Store

DAYS = some.dates(date(1969, 1, 1), date(2068, 12, 31))
FORMATS = ["%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d%m%Y", "%d %B %Y", "%a %d %b %Y", "%d.%m.%y", "%Y-%j", "%A, %d. %m. %Y"]


def read(text: str, format: str | None) -> str | None:
    """The time in UTC, or None if the text is refused."""
    try:
        return time_reader(Time(time="{x}", format=format), None, "x")(text).at.isoformat()
    except Unusable:
        return None


@given(DAYS, some.sampled_from(FORMATS))
def test_a_day_written_in_a_format_is_read_back(day: date, format: str) -> None:
    assert read(day.strftime(format), format) == f"{day}T00:00:00+00:00"


@given(DAYS, some.sampled_from(FORMATS), some.data())
def test_a_changed_day_is_refused_or_is_exactly_what_is_written_now(day: date, format: str, data: some.DataObject) -> None:
    text = day.strftime(format)
    at = data.draw(some.integers(0, len(text)))
    text = text[:at] + data.draw(some.sampled_from("0123456789. -/३")) + text[at + data.draw(some.integers(0, 2)) :]
    found = read(text, format)
    if found is not None:
        again = date.fromisoformat(found[:10]).strftime(format)
        assert [part.lstrip("0") for part in _parts(again)] == [part.lstrip("0") for part in _parts(text)]


def _parts(text: str) -> list[str]:
    """The numbers, and the other characters one by one, of a text with single blanks."""
    parts = [""]
    for character in " ".join(text.casefold().split()):
        if character.isdigit() and parts[-1].isdigit():
            parts[-1] += character
        else:
            parts.append(character)
    return parts


@pytest.mark.parametrize(
    ("format", "text", "day"),
    [
        ("%d.%m.%Y", "03.05.2024", "2024-05-03"),
        ("%d.%m.%Y", "3.5.2024", "2024-05-03"),
        ("%d.%m.%Y", "30.02.2024", None),
        ("%d.%m.%Y", "05/03/2024", None),
        ("%d.%m.%Y", "03.05.24", None),
        ("%d.%m.%Y", "03.05.2024 10:30", None),
        ("%d.%m.%Y", "03.05.2024x", None),
        ("%d.%m.%Y", "45413", None),
        ("%d.%m.%Y", "０３.05.2024", None),
        ("%m/%d/%Y", "13/05/2024", None),
        ("%Y%m%d", "20240503", "2024-05-03"),
        ("%Y%m%d", "2024111", None),
        ("%d%m%Y", "1112024", None),
        ("%d.%m.%y", "03.05.68", "2068-05-03"),
        ("%d.%m.%y", "03.05.69", "1969-05-03"),
        ("%a %d.%m.%Y", "Fri 03.05.2024", "2024-05-03"),
        ("%a %d.%m.%Y", "fri  3.05.2024", "2024-05-03"),
        ("%a %d.%m.%Y", "Mon 03.05.2024", None),
        (None, "2024-05-03", "2024-05-03"),
        (None, "2024-5-3", None),
        (None, "20240503", None),
        (None, "03.05.2024", None),
        (None, "2024-02-30", None),
        (None, "45413", None),
        (None, "２０２４-05-03", None),
    ],
)
def test_a_text_is_a_day_of_the_format_or_it_is_refused(format: str | None, text: str, day: str | None) -> None:
    assert read(text, format) == (None if day is None else f"{day}T00:00:00+00:00")


@pytest.mark.parametrize(
    ("format", "text", "time"),
    [
        ("%d.%m.%Y %I:%M %p", "03.05.2024 2:30 PM", "2024-05-03T14:30"),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-05-03 10:30:15.5", "2024-05-03T10:30:15.500000"),
        ("%Y-%m-%d %H:%M%z", "2024-05-03 10:30+02:00", "2024-05-03T08:30"),
        ("%Y-%m-%d %H:%M%z", "2024-05-03 10:30Z", "2024-05-03T10:30"),
        ("%Y-%m-%d %H%M", "2024-05-03 1030", "2024-05-03T10:30"),
        ("%Y-%m-%d %H%M", "2024-05-03 103", None),
        ("%Y-%m-%d %H:%M", "2024-05-03 24:30", None),
    ],
)
def test_a_text_is_a_time_of_the_format_or_it_is_refused(format: str, text: str, time: str | None) -> None:
    assert (read(text, format) or "").removesuffix("+00:00").removesuffix(":00") == (time or "")


@pytest.mark.parametrize(
    ("format", "reason"),
    [
        ("%d.%m.%Y %I:%M", "both %I and %p"),
        ("%d.%m.%Y %H:%M %p", "both %I and %p"),
        ("%d.%m.%Y %H:%M %Z", "%Z"),
        ("%d.%m", "the year and the month"),
    ],
)
def test_a_format_that_leaves_the_time_open_is_an_error(format: str, reason: str) -> None:
    with pytest.raises(MappingError, match=reason):
        time_reader(Time(time="{x}", format=format), None, "x")


DEALS = """
system = "crm"
occurred_at = "2024-05-01"
[[make]]
command = "customer.register"
id = "1"
facts = { name = "Ada" }
[[make]]
command = "pipeline.define"
id = "new"
facts = { name = "New", stages = [{ code = "first", name = "First", probability = 0.5 }] }
[[make]]
command = "deal.open"
id = "{#}"
[make.facts]
customer = "1"
pipeline = "new"
stage = "first"
expected_close = { time = "{close}", format = "%d.%m.%Y" }
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_a_day_of_another_format_is_refused_with_line_column_and_key(store: Store) -> None:
    report = store.load(DEALS, "close\n03.05.2024\n05/03/2024\n31.04.2024\n")
    assert [opened.expected_close for opened in store.recorded(Opened)] == [date(2024, 5, 3)]
    assert [(refused.line, refused.column, refused.field) for refused in report.refusals] == [
        (3, "close", "deal.open: facts.expected_close"),
        (4, "close", "deal.open: facts.expected_close"),
    ]


def test_a_text_cannot_stand_for_a_day_and_avoid_the_format(store: Store) -> None:
    mapping = DEALS.replace('{ time = "{close}", format = "%d.%m.%Y" }', '{ text = "{close}" }')
    with pytest.raises(MappingError, match=r"expected_close: it is a time"):
        store.load(mapping, "close\n1714694400\n")
