"""Whether the arms of a campaign have the sizes that the plan gives them: the check for a sample ratio mismatch.

If members are missing from one arm more than from another, the arms differ by more than the treatment, and no comparison says
what the treatment did (Fabijan et al. 2019, https://doi.org/10.1145/3292500.3330722).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from domain.marketing.campaign.values import CONTROL
from projections.marketing.campaigns import Planned
from projections.shared.figures import Figure, Test, as_decimal, estimated, without_value

LIMIT = 0.001
"""A mismatch has a p-value below this."""
ROUNDED = Decimal("0.001")
DEFINITION = (
    "chi-square of the members assigned to each variant, suppressed and removed ones included, against the planned shares;"
    " variants without a planned share are counted together"
)


class Shares(NamedTuple):
    """The planned share of each variant among all members, and the rest, which is for variants without a planned share.

    `apart` are variants that the plan says nothing about: they are left out of the check.
    """

    planned: dict[str, Decimal]
    rest: Decimal
    apart: frozenset[str] = frozenset()


def shares(campaign: Planned) -> Shares:
    """The shares of variants are of all members, or of those outside the hold-out if with it they would exceed 1."""
    treated = {variant: share for variant, share in campaign.shares.items() if share is not None}
    total, holdout = sum(treated.values(), Decimal(0)), campaign.holdout_share
    if holdout is None:
        rest = _rest(1 - total)
        return Shares(treated, rest, frozenset() if rest or CONTROL in treated else frozenset({CONTROL}))
    if total + holdout > 1:
        treated = {variant: share * (1 - holdout) / total for variant, share in treated.items()}
        total = 1 - holdout
    return Shares({CONTROL: holdout} | treated, _rest(1 - holdout - total))


def _rest(share: Decimal) -> Decimal:
    """What shares such as 0.3333 leave is nothing."""
    return share if share >= ROUNDED else Decimal(0)


def checked(shares: Shares, members: Mapping[str, int]) -> Figure:
    """The figure has a `caution` if there is a mismatch, and a `reason` if there is nothing to check."""
    from scipy.stats import chisquare

    checked = {variant: count for variant, count in members.items() if variant not in shares.apart}
    others = sorted(variant for variant, count in checked.items() if count and not shares.planned.get(variant))
    counts = [checked.get(variant, 0) for variant, share in shares.planned.items() if share]
    expected = [share for share in shares.planned.values() if share]
    if shares.rest > 0:
        counts.append(sum(checked[variant] for variant in others))
        expected.append(shares.rest)
    elif others:
        mismatch = f"the plan gives no member the variant {', '.join(others)}"
        return without_value("1", DEFINITION, mismatch, n=sum(checked.values()), caution=_mismatch(mismatch))
    n = sum(counts)
    if len(expected) < 2 or not n:
        return without_value("1", DEFINITION, "the plan gives no shares" if n else "nobody is assigned", n=n)
    tested = chisquare(counts, [float(n * share / sum(expected)) for share in expected])
    p = float(tested.pvalue)
    test = Test(method="chi-square", statistic=as_decimal(float(tested.statistic)), p_value=as_decimal(p))
    caution = {"caution": _mismatch(f"the arms do not have their planned shares (p = {p:.2g})")} if p < LIMIT else {}
    return estimated(float(tested.statistic), "1", DEFINITION, n=n, method="chi-square", test=test, **caution)


def _mismatch(what: str) -> str:
    return f"Sample ratio mismatch: {what}"
