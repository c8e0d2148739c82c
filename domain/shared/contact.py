"""Contact values (e-mail addresses, telephone numbers, addresses): how they are normalised and compared."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, get_args

from domain.shared.events import Value
from domain.shared.refusals import Malformed
from domain.shared.text import one_form, text

MethodKind = Literal["email", "phone", "postal", "social", "messaging", "web", "other"]

COUNTRY = re.compile(r"[A-Z]{2}")
LINE_LIMIT = 10
# What is before the @ of most addresses: it needs no other form, and is valid if it is not longer than LONGEST_MAILBOX.
EVERYDAY_MAILBOX = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*")
LONGEST_MAILBOX = 64


class MalformedEmail(Malformed):
    """The value is not an e-mail address."""


class MalformedPhone(Malformed):
    """The value is not a telephone number, either with its country code or in the given region."""


class MalformedAddress(Malformed):
    """An address must not be empty, has at most 10 lines, and its country is an ISO 3166 code of two capital letters."""


class Address(Value, frozen=True):
    """A postal address. `country` is an ISO 3166-1 alpha-2 code."""

    lines: tuple[str, ...] = ()
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


def normalised(kind: MethodKind, value: str, region: str | None = None) -> str:
    """The value in the form in which it is recorded. Raises Malformed; its message never contains the value."""
    if kind not in get_args(MethodKind):
        raise Malformed("The kind of contact method is unknown.")
    if kind == "email":
        return email(value)
    if kind == "phone":
        return phone(value, region)
    return text(value, "contact value")


def email(value: str) -> str:
    """The address, with its domain in lower case and in Unicode. Raises MalformedEmail.

    Few domains have most of the addresses, so the last ones are remembered: to check one takes nearly all of the time.
    """
    address = one_form(value)
    mailbox, _, domain = address.rpartition("@")
    if len(mailbox) <= LONGEST_MAILBOX and EVERYDAY_MAILBOX.fullmatch(mailbox) and (valid := _valid_domain(domain)):
        return f"{mailbox}@{valid}"
    return "@".join(_valid_address(address))


@lru_cache(maxsize=1024)
def _valid_domain(domain: str) -> str | None:
    """The domain in its recorded form. None if it is not valid, or so long that not every mailbox fits before it."""
    try:
        return _valid_address(f"{'a' * LONGEST_MAILBOX}@{domain}")[1]
    except MalformedEmail:
        return None


def _valid_address(address: str) -> tuple[str, str]:
    """The mailbox and the domain in their recorded form. Raises MalformedEmail."""
    # Here and not above: many processes start without a contact to check.
    from email_validator import EmailNotValidError, validate_email

    try:
        valid = validate_email(address, check_deliverability=False)
    except (EmailNotValidError, UnicodeError):
        raise MalformedEmail from None
    return valid.local_part, valid.domain


def phone(value: str, region: str | None = None) -> str:
    """The number in E.164, followed by `;ext=` and its extension if it has one. Raises MalformedPhone.

    `region` (ISO 3166-1 alpha-2) is used to read a number without country code. With None, only numbers with one are valid.
    """
    written = _e164(value, region)
    # A prefix can hide another one, as in +54 0 0 11 …: if reading the result again changes it, it is not a valid number.
    if _e164(written, None) != written:
        raise MalformedPhone
    return written


def _e164(value: str, region: str | None) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        raise MalformedPhone from None
    if not phonenumbers.is_possible_number(number):
        raise MalformedPhone
    extension = f";ext={number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) + extension


def comparable(value: str) -> str:
    """The form in which to compare two normalised values of one kind: it ignores upper and lower case."""
    return value.casefold()


def checked_address(address: Address) -> Address:
    """The address with every part trimmed. Raises MalformedAddress if it is empty, too long or its country is not a code."""
    parts = (address.city, address.region, address.postal_code)
    if not (address.lines or address.country or any(parts)) or len(address.lines) > LINE_LIMIT:
        raise MalformedAddress
    if address.country is not None and not COUNTRY.fullmatch(address.country):
        raise MalformedAddress
    city, region, postal_code = (part and text(part, "part of an address") for part in parts)
    return Address(
        lines=tuple(text(line, "line of an address") for line in address.lines),
        city=city or None,
        region=region or None,
        postal_code=postal_code or None,
        country=address.country,
    )
