"""Checks a customer's facts as callers state them, and brings them into the form in which they are recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from domain.customers.customer.events import AcquisitionSource, ConsentGiven, ContactMethod, Kind, LegalBasis, OptIn
from domain.customers.customer.refusals import MoreThanOnePrimary
from domain.shared.contact import checked_address, comparable, normalised
from domain.shared.given import Checks, checked_fields
from domain.shared.refusals import Malformed
from domain.shared.text import choice, code, optional_code, optional_text, text
from domain.shared.utm import Utm

EVIDENCE_LENGTH = 10_000


def stated_details(**details: Any) -> dict[str, Any]:
    """The details that are given, each checked. None means empty. Raises Malformed."""
    return checked_fields(details, CHECKS)


def contact_method(method: ContactMethod, region: str | None) -> ContactMethod:
    """The method with its value normalised. `region` is used for telephone numbers without country code. Raises Malformed."""
    if method.value is None:
        raise Malformed("A contact method must have a value.")
    value = normalised(method.kind, method.value, region)
    return msgspec.structs.replace(method, value=value, label=optional_code(method.label, "label"))


def contact_methods(methods: Iterable[ContactMethod], region: str | None) -> tuple[ContactMethod, ...]:
    """The checked methods, without duplicates. Raises Malformed, and MoreThanOnePrimary."""
    checked: dict[tuple[str, str], ContactMethod] = {}
    for method in methods:
        clean = contact_method(method, region)
        checked.setdefault(contact_key(clean), clean)
    primaries = [method.kind for method in checked.values() if method.primary]
    if len(set(primaries)) < len(primaries):
        raise MoreThanOnePrimary
    if len({method.method_id for method in checked.values()}) < len(checked):
        raise Malformed("Every contact method must have its own id.")
    return tuple(checked.values())


def contact_key(method: ContactMethod) -> tuple[str, str]:
    """A key that is equal for two contact methods of one kind with the same value."""
    return method.kind, comparable(method.value or "")


def consent(terms: ConsentGiven) -> ConsentGiven:
    """The consent with its codes checked. Raises Malformed."""
    choice(terms.legal_basis, LegalBasis, "legal basis")
    choice(terms.opt_in, OptIn, "opt-in")
    if terms.expires is not None:
        instant(terms.expires)
    return msgspec.structs.replace(
        terms,
        purpose=code(terms.purpose, "purpose"),
        channel=code(terms.channel, "channel"),
        wording_version=optional_code(terms.wording_version, "wording version"),
        source=optional_code(terms.source, "source of the consent"),
        evidence=optional_text(terms.evidence, "evidence", EVIDENCE_LENGTH),
    )


def instant(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise Malformed("A time must have an offset from UTC.")
    return value


def language(value: str) -> str:
    """A BCP 47 tag such as `zh-Hans-CN`. Raises Malformed."""
    primary, *subtags = value.split("-")
    if not 2 <= len(primary) <= 3 or not all(
        1 <= len(tag) <= 8 and tag.isascii() and tag.isalnum() for tag in (primary, *subtags)
    ):
        raise Malformed("The language must be a BCP 47 tag, such as en or zh-Hans-CN.")
    return value


def zone(value: str) -> str:
    """An IANA time zone such as `Asia/Shanghai`. Raises Malformed."""
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):
        raise Malformed("The time zone must be an IANA name, such as Asia/Shanghai.") from None


def acquisition(source: AcquisitionSource) -> AcquisitionSource | None:
    """The source with its codes checked; None if it is empty. Raises Malformed."""
    utm = {field: value and text(value, "utm code") for field, value in msgspec.structs.asdict(source.utm or Utm()).items()}
    channel = optional_code(source.channel, "channel")
    checked = AcquisitionSource(channel=channel, campaign=source.campaign, utm=Utm(**utm) if any(utm.values()) else None)
    return None if checked == AcquisitionSource() else checked


CHECKS: Checks = {
    "kind": lambda value: choice(value, Kind, "kind"),
    "name": lambda value: text(value, "name"),
    "address": checked_address,
    "source": acquisition,
    "language": language,
    "time_zone": zone,
}
