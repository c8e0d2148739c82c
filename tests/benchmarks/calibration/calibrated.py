"""A figure of a calibration."""

from __future__ import annotations

from typing import NamedTuple


class Calibrated(NamedTuple):
    """A share of cases, what it must be between, and what else there is to know."""

    what: str
    share: float
    low: float
    high: float
    note: str = ""

    @property
    def met(self) -> bool:
        return self.low <= self.share <= self.high

    def line(self) -> str:
        verdict = "met" if self.met else "NOT met"
        note = f"  ({self.note})" if self.note else ""
        return f"{self.what:<72} {self.share:>8.2%}  required {self.low:.0%} to {self.high:.0%}  {verdict}{note}"
