from __future__ import annotations

import traceback
import unicodedata

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.shared.contact import (
    Address,
    MalformedAddress,
    MalformedEmail,
    MalformedPhone,
    MethodKind,
    checked_address,
    comparable,
    email,
    normalised,
    phone,
)
from domain.shared.refusals import Malformed
from domain.shared.text import code, digest, text


@pytest.mark.parametrize(
    ("written", "recorded"),
    [
        (" Ada.Lovelace@EXAMPLE.com ", "Ada.Lovelace@example.com"),
        ("li@xn--fsqu00a.com", "li@例子.com"),
        ("李@例子.com", "李@例子.com"),
    ],
)
def test_the_domain_of_an_email_is_recorded_in_normalised_form(written: str, recorded: str) -> None:
    assert email(written) == recorded


@pytest.mark.parametrize(
    "wrong", ["", "ada", "ada@", "Ada <ada@example.com>", "ada@localhost", "a b@example.com", "\ud800@x.com"]
)
def test_an_invalid_email_is_refused(wrong: str) -> None:
    with pytest.raises(MalformedEmail):
        email(wrong)


MAILBOXES = st.one_of(
    st.from_regex(r"[a-z0-9]{1,4}([._+-][a-z0-9]{1,4}){0,20}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9._+'\"<> -]{0,70}", fullmatch=True),
    st.sampled_from(["Sales", "info", "a" * 64, "a" * 65, "李", '"a b"', "a@b"]),
)
DOMAINS = st.one_of(
    st.from_regex(r"[A-Za-z0-9]{1,3}(-[A-Za-z0-9]{1,3}){0,2}\.[A-Za-z]{2,3}", fullmatch=True),
    st.builds(lambda parts: ".".join(["b" * 60] * parts + ["com"]), st.integers(1, 4)),
    st.sampled_from(["EXAMPLE.com", "xn--fsqu00a.com", "例子.com", "localhost", "x.test", "[127.0.0.1]", "x.com>", "", "a..b"]),
)


@given(mailbox=MAILBOXES, domain=DOMAINS)
def test_an_email_is_recorded_as_the_library_writes_it_whether_or_not_its_domain_is_known(mailbox: str, domain: str) -> None:
    address = f"{mailbox}@{domain}".strip()
    try:
        expected = validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        expected = None
    for _ in range(2):
        if expected is None:
            with pytest.raises(MalformedEmail):
                email(address)
        else:
            assert email(address) == expected


@pytest.mark.parametrize(
    ("written", "region", "recorded"),
    [
        ("+44 20 7946 0000", None, "+442079460000"),
        ("020 7946 0000", "GB", "+442079460000"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("+86 138-0013-8000", "US", "+8613800138000"),
        ("+39 06 1234567", None, "+39061234567"),
        ("+1 212 555 0100 ext. 5", None, "+12125550100;ext=5"),
    ],
)
def test_a_telephone_number_is_recorded_in_e164(written: str, region: str | None, recorded: str) -> None:
    assert phone(written, region) == recorded


@pytest.mark.parametrize(
    "wrong", ["", "020 7946 0000", "+44", "+999 123 456", "call me", "+1 212", "+54 0000000000000", "1" * 300]
)
def test_an_invalid_telephone_number_is_refused(wrong: str) -> None:
    with pytest.raises(MalformedPhone):
        phone(wrong)


@pytest.mark.parametrize("kind", ["email", "phone", "other"])
def test_a_refusal_never_contains_the_value(kind: MethodKind) -> None:
    secret = "Ada-Lovelace\x00"
    with pytest.raises(Malformed) as refused:
        normalised(kind, secret)
    assert "Lovelace" not in "".join(traceback.format_exception(refused.value, limit=0))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Malformed):
        normalised("pigeon", "coo")  # type: ignore[arg-type]


def test_two_spellings_of_an_email_are_the_same_contact() -> None:
    assert comparable(email("ADA@Example.com")) == comparable(email("ada@example.COM"))


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_example_numbers_of_every_region_are_accepted_in_national_form(region: str) -> None:
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            assert phone(written, region) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(st.emails())
def test_normalising_an_email_is_idempotent(value: str) -> None:
    try:
        once = email(value)
    except MalformedEmail:
        assume(False)
    assert email(once) == once


@given(st.sampled_from(["GB", "US", "CN", "IT", "AR", "MX", None]), st.from_regex(r"\+?[0-9 ]{5,16}", fullmatch=True))
def test_normalising_a_telephone_number_is_idempotent(region: str | None, value: str) -> None:
    try:
        once = phone(value, region)
    except MalformedPhone:
        assume(False)
    assert phone(once) == once


@given(st.text(max_size=600))
def test_normalising_a_text_is_idempotent(value: str) -> None:
    try:
        once = text(value, "text")
    except Malformed:
        assume(False)
    assert text(once, "text") == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()


@pytest.mark.parametrize("value", ["web", "store-3", "门店-3", "google/cpc", "v1.2", "a" * 64])
def test_valid_codes_are_accepted(value: str) -> None:
    assert code(value, "channel") == value


@pytest.mark.parametrize("value", ["", " web", "Ada Lovelace", "ada@example.com", "a" * 65, "a\n"])
def test_an_invalid_code_is_refused(value: str) -> None:
    with pytest.raises(Malformed):
        code(value, "channel")


@pytest.mark.parametrize("value", ["", "ab" * 31, "AB" * 32, "zz" * 32])
def test_an_invalid_digest_is_refused(value: str) -> None:
    with pytest.raises(Malformed):
        digest(value, "hash")


def test_an_address_is_trimmed() -> None:
    written = Address(lines=(" 1 Main St ",), city=" Oslo", country="NO")
    assert checked_address(written) == Address(lines=("1 Main St",), city="Oslo", country="NO")


@pytest.mark.parametrize(
    "wrong", [Address(), Address(city=""), Address(country="no"), Address(country="Norway"), Address(lines=("x",) * 11)]
)
def test_an_empty_or_too_long_address_is_refused(wrong: Address) -> None:
    with pytest.raises(MalformedAddress):
        checked_address(wrong)
