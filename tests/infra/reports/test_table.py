"""The tables of a report in a terminal: what every figure says is there."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from infra.reports.answer import read
from infra.reports.numbers import number
from infra.reports.table import tables
from tests.infra.reports.bodies import CONTROL, FEW, LIFT, SALES, WAITING, figure, group


def shown(body: dict[str, Any], width: int = 160, definitions: bool = False) -> list[str]:
    """The lines, with single spaces."""
    file = io.StringIO()
    Console(file=file, width=1000, soft_wrap=True).print(tables(read("sales", body), width, definitions))
    return [" ".join(line.split()) for line in file.getvalue().splitlines()]


def test_a_group_is_a_line_with_its_figures_in_their_units() -> None:
    lines = shown(SALES)
    assert lines[:2] == ["sales", "zone Europe/Berlin · position 1234 · from 2026-01-01"]
    assert "web EUR 1,234,567.50 EUR 7" in lines
    assert "亚洲 USD 10.00 USD 2" in lines
    assert lines[3:5] == ["orders", "channel currency net orders"], "a unit that all have is in the head"


def test_what_describes_a_group_stands_beside_its_names() -> None:
    body = {
        "groups": [group({"product": "T-1", "currency": "EUR"}, {"net": figure("10.00", "EUR")}, product={"name": "Green tea"})]
    }
    lines = shown(body)
    assert "product currency product name EUR" in lines
    assert "T-1 EUR Green tea 10.00" in lines


def test_if_the_figures_do_not_fit_each_has_a_line() -> None:
    lines = shown(SALES, width=40)
    assert "web EUR net 1,234,567.50 EUR" in lines
    assert "orders 7 orders" in lines, "a group is named once"


def test_tests_and_intervals_are_shown_with_their_level() -> None:
    lines = shown(LIFT)
    assert "variant currency measure value unit 95% interval always valid p adjusted p" in lines

    assert "conversion difference 0.01235 [0.002, 0.022] [-0.008, 0.033] 0.0357 0.0714" in lines
    assert "revenue per member difference -0.40 USD [-0.90, –]" in lines
    assert lines.count("conversion difference verdict no difference") == 4, "what is said of a figure is below the figures"


def test_a_missing_value_and_a_caution_have_their_reason_below_once() -> None:
    lines = shown(LIFT)
    assert sum(CONTROL in line for line in lines) == 1
    assert f"¹ {CONTROL}" in lines
    assert f"² {FEW}" in lines
    assert any("conversion difference –¹" in line for line in lines)
    assert any("-0.004!²" in line for line in lines)
    assert "0.31!²" in lines, "what is about all groups has a table of its own"


def test_the_total_is_the_last_line_and_a_list_is_no_figure() -> None:
    lines = shown(WAITING)
    assert lines[-3:-1] == ["total 7,200", ""]
    assert "billing 7,200 [3,600, –]" in lines


def test_definitions_are_shown_if_they_are_asked_for() -> None:
    assert "Goods only." not in shown(SALES)
    assert "Goods only." in shown(SALES, definitions=True)
    assert "orders = in orders" in shown(SALES, definitions=True)


def test_an_answer_without_groups_says_so() -> None:
    assert "There is no group." in shown({"position": 1, "groups": []})


def test_a_text_that_looks_like_markup_is_a_text() -> None:
    body = {"groups": [{"group": {"channel": "[bold]web[/]"}, "measures": {"orders": {"value": "1", "unit": "1"}}}]}
    assert "[bold]web[/] 1" in shown(body)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("0", "0"),
        ("1234567", "1,234,567"),
        ("-12.5000", "-12.5000"),
        ("0.333333333333", "0.3333"),
        ("0.000123456789", "0.0001235"),
        ("12345.678912", "12,345.679"),
        ("0.00000", "0"),
        ("0.06710000", "0.0671"),
    ],
)
def test_a_number_is_exact_if_it_is_short(value: str | None, text: str) -> None:
    assert number(None if value is None else Decimal(value)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**12), max_value=10**12))
def test_a_number_is_near_its_value_and_has_no_exponent(value: Decimal) -> None:
    text = number(value)
    assert "E" not in text
    assert abs(Decimal(text.replace(",", "")) - value) <= max(abs(value) * Decimal("0.0005"), Decimal("1E-12"))
