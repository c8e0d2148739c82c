"""The time, for contexts made by benchmarks."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
