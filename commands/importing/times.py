"""Times and days in the format that a mapping declares, or in ISO 8601 if it declares none."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from commands.importing.mapping import MappingError, Time
from commands.importing.unusable import Unusable
from domain.shared.events import Precision
from domain.shared.occurrence import Occurrence, checked_zone, occurrence
from domain.shared.refusals import Malformed

ISO = "2024-05-01, 2024-05-01T10:30 or 2024-05-01T10:30:15+02:00"
ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
# strptime reads more than one text as these, such as Z and +00:00.
LOOSE = frozenset("fz")


def time_reader(spec: Time, zone: str | None, path: str) -> Callable[[str], Occurrence]:
    """Reads a text in the format of `spec`. The reader raises Unusable if the text is no time of that format.

    Raises MappingError if the zone or the format cannot be used; `path` is the mapping's key.
    """
    try:
        checked_zone(zone)
    except Malformed as refusal:
        raise MappingError(f"{path}.zone: {refusal.detail}") from None
    stated = spec.format and _precision(spec.format, path)

    def read(text: str) -> Occurrence:
        try:
            found = occurrence(_iso(text, spec.format, stated) if spec.format and stated else text, zone)
        except (Malformed, ValueError, OverflowError):
            raise Unusable(f"It is not a time in the expected format ({spec.format or ISO}).") from None
        return found._replace(precision=spec.precision) if spec.precision else found

    return read


def _precision(format: str, path: str) -> Precision:
    """The precision of times in this format. Raises MappingError if it is not enough to know the time."""
    directives = set(re.findall(r"%(.)", format.replace("%%", "")))
    try:
        datetime.strptime(datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC).strftime(format), format)  # noqa: DTZ007
    except (ValueError, re.error, KeyError):
        raise MappingError(f"{path}.format: {format!r} is not a format for dates and times.") from None
    if not (directives & set("yYcx") and directives & set("mbBcxj")):
        raise MappingError(f"{path}.format: {format!r} does not contain the year and the month.")
    if ("p" in directives) != ("I" in directives):
        raise MappingError(f"{path}.format: {format!r} must have both %I and %p (a clock of 12 hours), or %H instead of both.")
    if "Z" in directives:
        raise MappingError(f"{path}.format: names of time zones (%Z) are not read: use %z for an offset, or `zone`.")
    if directives & set("cXS"):
        return "second"
    if directives & set("HIM"):
        return "minute"
    return "day" if directives & set("djx") else "month"


def _iso(text: str, format: str, precision: Precision) -> str:
    """The time in ISO 8601. Raises ValueError, also if the text could mean another time of the same format."""
    moment = datetime.strptime(text, format)  # noqa: DTZ007
    if LOOSE.isdisjoint(re.findall(r"%(.)", format)) and _comparable(moment.strftime(format)) != _comparable(text):
        raise ValueError(format)
    if precision == "second":
        return moment.isoformat()
    if precision == "minute":
        return moment.isoformat(timespec="minutes")
    return moment.isoformat()[: 10 if precision == "day" else 7]


def _comparable(text: str) -> str:
    """The text without differences that do not change the time: case, blanks, and zeros before a number.

    So `1/5/2024` is `01/05/2024`. But `2024111` is neither `20240111` nor `20241101`, and a wrong weekday is not the right one.
    """
    return ZEROS.sub("", " ".join(text.casefold().split()))
