"""A whole number divided into whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def apportioned(parts: Sequence[float], total: int) -> list[int]:
    """Whole numbers in proportion to the parts, which are not negative, that add up to the total: by the largest remainders.

    Each differs by less than 1 from its exact share (Balinski and Young 2001, Fair Representation, the method of Hamilton). Of
    equal remainders the first ones are rounded up; parts have 14 significant digits, so that no noise of floating point decides
    between them. All are 0 if all parts are.
    """
    exact = [Fraction(f"{part:.14g}") for part in parts]
    whole = sum(exact)
    if not whole:
        return [0] * len(exact)
    shares = [part * total / whole for part in exact]
    rounded = [int(share // 1) for share in shares]
    remainders = sorted(range(len(shares)), key=lambda place: (rounded[place] - shares[place], place))
    for place in remainders[: total - sum(rounded)]:
        rounded[place] += 1
    return rounded
