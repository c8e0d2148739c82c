"""How sure the scores of feedback are: the net promoter score, and the mean of an effort score."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from projections.shared.figures import Figure, between
from projections.shared.ratios import NORMAL_95, ratio

NPS = "100 * (answers of 9 or 10 - answers of 0 to 6) / answers"
CES = "sum of the scores / answers, on this scale"
NOBODY = "nobody answered"
ADJUSTED_WALD = "adjusted Wald, Bonett-Price"
ALL_EQUAL = "all answers are equal, so nothing says how much answers differ"
CERTAIN = 100


def net_promoter_score(promoters: int, detractors: int, answers: int) -> Figure:
    """The difference of two shares of the same answers, with its interval.

    Reichheld 2003; the interval adds one promoter and one detractor: Bonett and Price 2012,
    https://doi.org/10.3102/1076998611411915
    """
    score = ratio(100 * (promoters - detractors), answers, "points", NPS, NOBODY)
    if not answers:
        return score
    one, other = (Decimal(count + 1) / (answers + 2) for count in (promoters, detractors))
    centre, spread = one - other, NORMAL_95 * ((one + other - (one - other) ** 2) / (answers + 2)).sqrt()
    low, high = (min(max(100 * bound, Decimal(-CERTAIN)), Decimal(CERTAIN)) for bound in (centre - spread, centre + spread))
    return replace(score, n=answers, interval=between(float(low), float(high), ADJUSTED_WALD))


def mean_score(answers: int, total: int, squares: int, least: int, most: int) -> Figure:
    """The mean of scores from `least` to `most`, with Student's interval. `squares` is the sum of the squared scores.

    Student 1908, https://doi.org/10.2307/2331554
    """
    mean = replace(ratio(total, answers, "points", CES, NOBODY), n=answers)
    if answers < 2:
        return mean
    variance = Decimal(answers * squares - total**2) / (answers * (answers - 1))
    if not variance:
        return replace(mean, caution=ALL_EQUAL)
    from scipy.special import stdtrit

    centre, spread = total / answers, float(stdtrit(answers - 1, 0.975)) * float(variance / answers) ** 0.5
    return replace(mean, interval=between(max(centre - spread, least), min(centre + spread, most), "Student"))
