"""The counts and scores of a group of feedback, and how sure the scores are."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from projections.customers.feedback import OPEN
from projections.customers.feedback_figures import KINDS, STATUSES
from projections.shared.figures import Figure, between, counted
from projections.shared.ratios import NORMAL_95, proportion, ratio

COUNTED = {
    "submitted": "pieces of feedback submitted on these days",
    "complaints": "complaints among them",
    "praise": "praise among them",
    "suggestions": "suggestions among them",
    "csat_on_other_scales": "answers to csat on another scale than 1 to 5; they are in no rate",
    "promoters": "answers of 9 or 10",
    "passives": "answers of 7 or 8",
    "detractors": "answers of 0 to 6",
    "resolved": "feedback of which the last end is a resolution",
    "dismissed": "feedback of which the last end is a dismissal",
    "open": "feedback that is not resolved and not dismissed",
    "unacknowledged": "open feedback that is not acknowledged",
}

CSAT = "answers of 4 or 5 / answers on the scale from 1 to 5"
RESPONSE_RATE = "requests that were answered / requests"
NPS = "100 * (answers of 9 or 10 - answers of 0 to 6) / answers"
CES = "sum of the scores / answers, on this scale"
NOBODY = "nobody answered"
ADJUSTED_WALD = "adjusted Wald, Bonett-Price"
ALL_EQUAL = "all answers are equal, so nothing says how much answers differ"
CERTAIN = 100


def counts(
    kinds: Sequence[int], statuses: Sequence[int], csat: int, nps: int, promoters: int, detractors: int
) -> dict[str, Figure]:
    """The figures of `COUNTED`; `kinds` and `statuses` have the number of pieces with each kind and status, in their order."""
    of_kind, of_status = dict(zip(KINDS, kinds, strict=False)), dict(zip(STATUSES, statuses, strict=False))
    found = {
        "submitted": sum(kinds),
        "complaints": of_kind["complaint"],
        "praise": of_kind["praise"],
        "suggestions": of_kind["suggestion"],
        "csat_on_other_scales": of_kind["csat"] - csat,
        "promoters": promoters,
        "passives": nps - promoters - detractors,
        "detractors": detractors,
        "resolved": of_status["resolved"],
        "dismissed": of_status["dismissed"],
        "open": sum(of_status[status] for status in OPEN),
        "unacknowledged": of_status["submitted"],
    }
    return {name: counted(found[name], "feedback", meaning) for name, meaning in COUNTED.items()}


def rates(
    csat: int, satisfied: int, nps: int, promoters: int, detractors: int, requests: int, replied: int
) -> dict[str, Figure]:
    """The shares of answers, and of requests that were answered."""
    return {
        "csat": proportion(satisfied, csat, "1", CSAT, "nobody answered on this scale"),
        "nps": net_promoter_score(promoters, detractors, nps),
        "response_rate": proportion(replied, requests, "1", RESPONSE_RATE, "no request is known"),
    }


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
