"""The current time, for the contexts of the commands that benchmarks send."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
