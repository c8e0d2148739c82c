"""Money: exact decimals with the precision of their currency. Sums never mix currencies.

The table of minor digits is from ISO 4217: active codes (list one) and codes that were withdrawn since 1990 (list three). List
three has no digits; they are those of OpenJDK's currency.properties. The table is part of the code; entries are only added. A
fact of any day may be in a withdrawn currency: an order of 2022 in kuna may be refunded today.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from domain.shared.refusals import AmountNotPositive, AmountTooPrecise, Malformed, UnknownCurrency

LIMIT = Decimal(10) ** 15
RATE_DIGITS = 6

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
    "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN "
    "NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_WITHDRAWN_NONE = "ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE ROL TPE TRL"
_WITHDRAWN_TWO = (
    "AFA ATS AYM AZM BGL CSD CSK CUC CYP DDM DEM EEK FIM FRF GHC GWP HRK IEP LTL LVL MRO MTL MZM NLG RUR SDD SIT SKK SLL SRG "
    "STD TMM VEB VEF XEU YUM ZMK ZWD ZWL ZWN ZWR"
)
MINOR_DIGITS: dict[str, int] = {
    code: digits
    for digits, codes in (
        (0, _NONE),
        (2, _TWO),
        (3, _THREE),
        (4, _FOUR),
        (0, _WITHDRAWN_NONE),
        (2, _WITHDRAWN_TWO),
    )
    for code in codes.split()
}


def minor_digits(currency: str) -> int:
    """The number of decimals of the currency: 2 for USD, 0 for JPY, 3 for KWD. Raises UnknownCurrency."""
    try:
        return MINOR_DIGITS[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency!r} is not an ISO 4217 currency.") from None


def amount(value: Decimal, currency: str) -> Decimal:
    """The amount in the form in which it is recorded, with exactly the currency's decimals.

    Raises AmountTooPrecise if it has more decimals, Malformed if it is not a finite number below 10^15.
    """
    digits = minor_digits(currency)
    exact = _quantized(value, digits)
    if exact != value:
        raise AmountTooPrecise(f"{value} has more than the {digits} decimals of {currency}.")
    return exact


def positive(value: Decimal, currency: str) -> Decimal:
    """Like `amount`; also raises AmountNotPositive if it is not greater than zero."""
    exact = amount(value, currency)
    if exact <= 0:
        raise AmountNotPositive(f"{value} is not greater than zero.")
    return exact


def not_negative(value: Decimal, currency: str, refusal: type[Malformed] = Malformed) -> Decimal:
    """Like `amount`; also raises `refusal` if it is less than zero."""
    exact = amount(value, currency)
    if exact < 0:
        raise refusal(f"{value} is less than zero.")
    return exact


def rate(value: Decimal) -> Decimal:
    """A unit price, quantity or rate: up to six decimals, without trailing zeros. Raises AmountTooPrecise, Malformed."""
    exact = _quantized(value, RATE_DIGITS)
    if exact != value:
        raise AmountTooPrecise(f"{value} has more than {RATE_DIGITS} decimals.")
    return exact.normalize() + 0 if exact == exact.to_integral_value() else exact.normalize()


def price(value: Decimal, currency: str) -> Decimal:
    """A unit price: up to six decimals, and at least the currency's. Raises AmountTooPrecise, Malformed, UnknownCurrency."""
    return in_digits(rate(value), currency)


def in_digits(value: Decimal, currency: str) -> Decimal:
    """The same number with at least the currency's decimals, and no zeros after them: 12.5 USD is 12.50."""
    padded = value.quantize(Decimal(1).scaleb(-minor_digits(currency)))
    return padded if padded == value else value.normalize()


def rounded(value: Decimal, currency: str) -> Decimal:
    """A computed amount, rounded half up to the currency's decimals."""
    return _quantized(value, minor_digits(currency))


def minor_units(value: Decimal, currency: str) -> int:
    """The amount as an integer number of minor units: 12.50 USD is 1250."""
    return int(value.scaleb(minor_digits(currency)))


def zero(currency: str | None) -> Decimal:
    """Zero with the currency's decimals; without any if the currency is None or not known."""
    return from_minor_units(0, currency) if currency in MINOR_DIGITS else Decimal(0)


def from_minor_units(units: int, currency: str) -> Decimal:
    return Decimal(units).scaleb(-minor_digits(currency))


def _quantized(value: Decimal, digits: int) -> Decimal:
    if not value.is_finite() or abs(value) >= LIMIT:
        raise Malformed(f"{value} is not an amount.")
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
