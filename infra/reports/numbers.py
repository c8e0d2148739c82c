"""Numbers as people read them: exact if they are short, else with four digits that matter."""

from __future__ import annotations

from decimal import Decimal

EXACT_DECIMALS, SIGNIFICANT = 4, 4
NOTHING = "–"


def number(value: Decimal | None) -> str:
    """1,234.50; 0.0003333 for 0.000333333333. A sum of money is exact. A dash is no value."""
    if value is None:
        return NOTHING
    decimals = -int(value.as_tuple().exponent)
    if decimals > EXACT_DECIMALS:
        wanted = max(EXACT_DECIMALS - 1, SIGNIFICANT - 1 - value.adjusted()) if value else 0
        value = round(value, wanted).normalize()
    return f"{value:,f}"
