"""Numbers of a file in the format that the mapping declares: read as they are written, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from commands.importing.mapping import FileFormat, MappingError, parse_mapping
from commands.importing.numbers import ALIKE, number_reader
from commands.importing.unusable import Unusable
from domain.customers.customer.events import Registered
from domain.sales.order.placing import Placed
from tests.commands.importing.given_importing import Store

ORDERS = """
system = "shop"
occurred_at = "2024-05-01"
[file]
delimiter = ";"
decimal = ","
thousands = "."
[[make]]
command = "order.place"
id = "{order}"
[make.facts]
channel = "web"
currency = "EUR"
lines = [{ line_id = "1", name = "Tea", quantity = "1", unit_price = "{price}" }]
"""
GERMAN = FileFormat(decimal=",", thousands=".")
FORMATS = [
    msgspec.convert(
        {"decimal": decimal, "thousands": sign, "grouping": grouping, "negative": negative, "exponent": exponent}, FileFormat
    )
    for decimal, point in ((".", ","), (",", "."))
    for sign, grouping in (("", "thousands"), (" ", "thousands"), ("'", "thousands"), (point, "thousands"), (point, "indian"))
    for negative in ("leading", "trailing", "parentheses")
    for exponent in (False, True)
]
VALUES = some.decimals(-(10**12), 10**12, places=6, allow_nan=False) | some.integers(-(10**9), 10**9).map(Decimal)
SIGNS = some.sampled_from("0123456789.,'’+-−()eE %€$３٣\u00a0\u202f\u2009") | some.sampled_from(["1.234", ",50"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def read(text: str, format: FileFormat) -> Decimal | None:
    """The number, or None if the text is refused."""
    try:
        return number_reader(format)(text)
    except Unusable:
        return None


def written(value: Decimal, format: FileFormat, *, grouped: bool, decimals: int, width: int = 1) -> str:
    """The value in this format, with at least `width` digits before the decimal sign. Written without the code under test."""
    whole, _, fraction = f"{abs(value):.{decimals}f}".partition(".")
    whole = whole.rjust(width, "0")
    if grouped:
        groups = [whole[-3:]]
        whole, step = whole[:-3], 2 if format.grouping == "indian" else 3
        while whole:
            groups, whole = [whole[-step:], *groups], whole[:-step]
        whole = format.thousands.join(groups)
    number = whole + (format.decimal + fraction if fraction else "")
    if not value.is_signed():
        return number
    return {"leading": f"-{number}", "trailing": f"{number}-", "parentheses": f"({number})"}[format.negative]


@given(VALUES, some.sampled_from(FORMATS), some.booleans())
def test_a_number_written_in_a_format_is_read_back(value: Decimal, format: FileFormat, grouped: bool) -> None:
    text = written(value, format, grouped=grouped and bool(format.thousands), decimals=6)
    assert read(text, format) == value


@given(VALUES, some.sampled_from(FORMATS), some.data())
def test_any_other_text_is_refused_and_never_read_as_another_number(value: Decimal, format: FileFormat, data: Any) -> None:
    text = written(value, format, grouped=data.draw(some.booleans()) and bool(format.thousands), decimals=2)
    for _ in range(data.draw(some.integers(1, 3))):
        at = data.draw(some.integers(0, len(text)))
        text = text[:at] + data.draw(SIGNS) + text[at + data.draw(some.integers(0, 2)) :]
    found = read(text, format)
    if found is not None:
        assert text in forms(found, text, format)


def forms(value: Decimal, text: str, format: FileFormat) -> set[str]:
    """The ways to write this number with as many digits as the text has, or the text itself if it has a declared exponent."""
    if format.exponent and "e" in text.lower():
        mantissa, _, power = text.strip("()-+−").lower().partition("e")
        assert abs(value) == abs(Decimal(mantissa.replace(format.decimal, ".")).scaleb(int(power)))
        return {text}
    plain = text
    for kind, alike in ALIKE.items():
        plain = "".join(kind if character in alike and format.thousands == kind else character for character in plain)
    plain = plain.replace("−", "-") if format.negative != "parentheses" else plain
    digits, _, fraction = plain.strip("()-+").partition(format.decimal)
    width = sum(map(str.isdigit, digits))
    ways = [
        written(signed, format, grouped=grouped, decimals=len(fraction), width=width)
        for grouped in {False, bool(format.thousands) and width > 3}
        for signed in ((value, value.copy_negate()) if not value else (value,))
    ]
    plus = {f"+{way}" for way in ways if format.negative == "leading"} | {
        f"{way}+" for way in ways if format.negative == "trailing"
    }
    return {text} if plain in {*ways, *plus} else set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,50", "1234.50"),
        ("1234,50", "1234.50"),
        ("-1.234.567", "-1234567"),
        ("\u22121,5", "-1.5"),
        ("+7", "7"),
        ("1.234", "1234"),
        ("12.34", None),
        ("1,234.50", None),
        ("12.3456", None),
        ("1234.567", None),
        ("0.500", None),
        ("012.345", None),
        ("1..234", None),
        ("1.234.56", None),
        (".234", None),
        ("1,2,3", None),
        ("1,234.567", None),
        ("12,", None),
        (",5", None),
        ("1.234,5-", None),
        ("(12,50)", None),
        ("- 5", None),
        ("--5", None),
        ("1 234,50", None),
        ("12,50 €", None),
        ("€12,50", None),
        ("12 %", None),
        ("1,2E+05", None),
        ("1e5", None),
        ("１２", None),
        ("٣", None),
        ("12_000", None),
        ("0x10", None),
        ("NaN", None),
        ("Infinity", None),
        ("1" * 401, None),
    ],
)
def test_a_german_file_has_points_between_groups_of_three_and_a_decimal_comma(text: str, value: str | None) -> None:
    assert read(text, GERMAN) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("format", "text", "value"),
    [
        (FileFormat(thousands=" "), "1\u202f234\u00a0567.5", "1234567.5"),
        (FileFormat(thousands="'"), "1’234", "1234"),
        (FileFormat(thousands="'"), "1 234", None),
        (FileFormat(thousands=","), "12,34,567", None),
        (FileFormat(thousands=",", grouping="indian"), "12,34,567.50", "1234567.50"),
        (FileFormat(thousands=",", grouping="indian"), "1,234", "1234"),
        (FileFormat(thousands=",", grouping="indian"), "1,234,567", None),
        (FileFormat(negative="trailing"), "12.50-", "-12.50"),
        (FileFormat(negative="trailing"), "-12.50", None),
        (FileFormat(negative="parentheses"), "(12.50)", "-12.50"),
        (FileFormat(negative="parentheses"), "(12.50", None),
        (FileFormat(negative="parentheses"), "-12.50", None),
        (FileFormat(negative="parentheses"), "((5))", None),
        (FileFormat(exponent=True), "1.5e-7", "0.00000015"),
        (FileFormat(exponent=True, decimal=",", thousands="."), "1,2E+05", "120000"),
        (FileFormat(exponent=True, decimal=",", thousands="."), "1.234E2", None),
        (FileFormat(exponent=True), "1e", None),
        (FileFormat(), "1,234", None),
        (FileFormat(), "-0", "0"),
    ],
)
def test_other_ways_to_write_numbers_are_declared(format: FileFormat, text: str, value: str | None) -> None:
    found = read(text, format)
    assert found == (None if value is None else Decimal(value))
    assert found is None or not (found == 0 and found.is_signed())


def test_the_cells_of_the_issue_are_refused_with_line_column_and_key(store: Store) -> None:
    report = store.load(ORDERS, "order;price\n1;1.234,50\n2;12.34\n3;1,234.50\n")
    assert [placed.total for placed in store.recorded(Placed)] == [Decimal("1234.50")]
    assert [(refused.line, refused.column, refused.field, refused.rule) for refused in report.refusals] == [
        (3, "price", "order.place: facts.lines[0].unit_price", "unusable"),
        (4, "price", "order.place: facts.lines[0].unit_price", "unusable"),
    ]
    assert report.refusals[0].reason == "It is not a number in the file's format, such as -1.234,56."


@pytest.mark.parametrize("fact", ['{ text = "{price}" }', '{ text = "{price}", map = { a = "1.5" } }'])
def test_a_text_cannot_stand_for_a_number_and_avoid_the_format(fact: str, store: Store) -> None:
    with pytest.raises(MappingError, match=r"unit_price\.text: it is not a text: give number"):
        store.load(ORDERS.replace('unit_price = "{price}"', f"unit_price = {fact}"), "order;price\n1;12.34\n")


@pytest.mark.parametrize("fact", ['"0.500"', '{ number = "0.500" }', '{ number = "{price}", map = { a = "0.500" } }'])
def test_a_number_of_the_mapping_that_does_not_have_the_format_is_an_error(fact: str, store: Store) -> None:
    with pytest.raises(MappingError, match=r"unit_price.*'0\.500' in quotes.*file's format"):
        store.load(ORDERS.replace('unit_price = "{price}"', f"unit_price = {fact}"), "order;price\n1;a\n")


def test_a_number_of_the_mapping_without_quotes_has_a_decimal_point(store: Store) -> None:
    store.load(ORDERS.replace('unit_price = "{price}"', "unit_price = 0.5"), "order;price\n1;a\n")
    assert [placed.total for placed in store.recorded(Placed)] == [Decimal("0.50")]


def test_a_calculation_reads_its_numbers_in_the_format_of_the_file(store: Store) -> None:
    mapping = ORDERS.replace('unit_price = "{price}"', 'unit_price = { multiply = ["{price}", "0,01"] }')
    report = store.load(mapping, "order;price\n1;1.250\n2;12.50\n")
    assert [placed.total for placed in store.recorded(Placed)] == [Decimal("12.50")]
    assert [(refused.line, refused.column) for refused in report.refusals] == [(3, "price")]
    with pytest.raises(MappingError, match=r"unit_price: '0\.01' in quotes"):
        store.load(mapping.replace("0,01", "0.01"), "order;price\n1;1.250\n")


@pytest.mark.parametrize(("price", "rule"), [("0,1234567", "amount-too-precise"), ("1" * 16, "malformed")])
def test_a_price_with_too_many_digits_is_refused_and_not_rounded(store: Store, price: str, rule: str) -> None:
    report = store.load(ORDERS, f"order;price\n1;{price}\n")
    assert (report.refused_by_rule, store.recorded(Placed)) == ({rule: 1}, [])


ATTRIBUTES = """
system = "shop"
occurred_at = "2024-05-01"
[[make]]
command = "customer.register"
id = "{#}"
facts = { name = "Ada", attributes = { size = { number = "{size}" } } }
"""


@pytest.mark.parametrize(
    "size", ["0.5", "12345678.123456", "0.30000000000000004", "9007199254740992", f"1{'0' * 300}", f"0.{'0' * 40}1"]
)
def test_an_attribute_keeps_the_number(store: Store, size: str) -> None:
    store.load(ATTRIBUTES, f"size\n{size}\n")
    [registered] = store.recorded(Registered)
    assert Decimal(repr(registered.numbers["size"])) == Decimal(size)


@pytest.mark.parametrize("size", ["0.1234567890123456789", "12345678901234567.5", "12345678901234567890", "-9007199254740993"])
def test_a_number_with_more_digits_than_an_attribute_keeps_is_refused(store: Store, size: str) -> None:
    [refused] = store.load(ATTRIBUTES, f"size\n{size}\n").refusals
    assert (refused.column, refused.field) == ("size", "customer.register: facts.attributes.size")
    assert "more digits" in refused.reason
    store.load(ATTRIBUTES.replace('number = "{size}"', 'multiply = ["{size}", "1"]'), f"size\n{size}\n")
    assert len(store.recorded(Registered)) == 1


@pytest.mark.parametrize(
    "format",
    ['thousands = "a"', 'thousands = "("', 'thousands = ".."', 'grouping = "indian"', 'negative = "brackets"', "exponent = 1"],
)
def test_a_format_that_cannot_be_used_is_an_error(format: str) -> None:
    key = format.partition(" ")[0]
    with pytest.raises(MappingError, match=key):
        parse_mapping(f'system = "x"\n[file]\n{format}\n[[make]]\ncommand = "order.confirm"\n'.encode())
