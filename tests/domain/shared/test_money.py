from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.money import (
    LIMIT,
    MINOR_DIGITS,
    amount,
    from_minor_units,
    in_digits,
    minor_digits,
    minor_units,
    positive,
    price,
    rate,
    rounded,
    zero,
)
from domain.shared.refusals import AmountNotPositive, AmountTooPrecise, Malformed, UnknownCurrency

currencies = st.sampled_from(sorted(MINOR_DIGITS))
decimals = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=6)


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("CNY", 2)])
def test_a_currency_has_its_own_decimals(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize("currency", ["", "usd", "BTC", "EURO"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        amount(Decimal(1), currency)


def test_an_amount_is_recorded_with_its_currencys_decimals() -> None:
    assert str(amount(Decimal("12.5"), "USD")) == "12.50"
    assert str(amount(Decimal("12.0"), "JPY")) == "12"


@pytest.mark.parametrize(("value", "currency"), [("0.001", "USD"), ("0.5", "JPY"), ("1.2345", "KWD")])
def test_an_amount_more_precise_than_its_currency_is_refused(value: str, currency: str) -> None:
    with pytest.raises(AmountTooPrecise):
        amount(Decimal(value), currency)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1E15", "-1E15", "1E+400000"])
def test_an_invalid_amount_is_refused(value: str) -> None:
    with pytest.raises(Malformed):
        amount(Decimal(value), "USD")


@pytest.mark.parametrize("value", ["0", "0.00", "-0.01"])
def test_a_positive_amount_is_greater_than_zero(value: str) -> None:
    with pytest.raises(AmountNotPositive):
        positive(Decimal(value), "USD")


@pytest.mark.parametrize(("value", "result"), [("0.005", "0.01"), ("0.0049", "0.00"), ("-0.005", "-0.01"), ("2.675", "2.68")])
def test_computed_amounts_are_rounded_half_up(value: str, result: str) -> None:
    assert str(rounded(Decimal(value), "USD")) == result


def test_a_rate_has_at_most_six_decimals() -> None:
    assert rate(Decimal("0.123456")) == Decimal("0.123456")
    with pytest.raises(AmountTooPrecise):
        rate(Decimal("0.1234567"))


@given(decimals, currencies)
def test_a_rounded_amount_is_an_amount_within_half_a_minor_unit(value: Decimal, currency: str) -> None:
    result = rounded(value, currency)
    assert amount(result, currency) == result
    assert abs(result - value) * 2 <= Decimal(1).scaleb(-minor_digits(currency))


@given(st.integers(min_value=-(10**14), max_value=10**14), currencies)
def test_minor_units_are_converted_and_back(units: int, currency: str) -> None:
    value = from_minor_units(units, currency)
    assert minor_units(value, currency) == units
    if abs(value) < LIMIT:
        assert amount(value, currency) == value


@given(decimals)
def test_a_rate_keeps_its_value_and_loses_trailing_zeros(value: Decimal) -> None:
    assert rate(value) == value
    assert str(rate(rate(value))) == str(rate(value))


@given(decimals)
def test_equal_rates_have_the_same_text(value: Decimal) -> None:
    padded = value.quantize(Decimal("0.000001"))
    assert str(rate(value)) == str(rate(padded))
    assert "E" not in str(rate(value)).upper()


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("12.5", "EUR", "12.50"),
        ("12.500000", "EUR", "12.50"),
        ("0.333333", "EUR", "0.333333"),
        ("0", "EUR", "0.00"),
        ("1E+2", "JPY", "100"),
        ("0.5", "JPY", "0.5"),
        ("12.5", "KWD", "12.500"),
    ],
)
def test_a_price_has_at_least_the_decimals_of_its_currency(value: str, currency: str, text: str) -> None:
    assert str(price(Decimal(value), currency)) == text


@given(value=decimals, currency=currencies)
def test_more_decimals_do_not_change_a_number(value: Decimal, currency: str) -> None:
    shown = in_digits(value, currency)
    assert shown == value
    assert len(str(shown).partition(".")[2]) >= minor_digits(currency)


def test_zero_has_the_decimals_of_its_currency() -> None:
    assert [str(zero(currency)) for currency in ("EUR", "JPY", "KWD", "XXX", None)] == ["0.00", "0", "0.000", "0", "0"]


@pytest.mark.parametrize(
    ("currency", "digits"), [("HRK", 2), ("DEM", 2), ("LTL", 2), ("FRF", 2), ("ITL", 0), ("ESP", 0), ("TRL", 0), ("BYR", 0)]
)
def test_a_currency_that_ended_keeps_its_digits(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize("currency", ["XXX", "XAU", "XTS", "hrk", "EURO", ""])
def test_what_is_no_currency_of_trade_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        minor_digits(currency)
