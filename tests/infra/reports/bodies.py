"""Answers of reports, in the shape that all have."""

from __future__ import annotations

from typing import Any


def figure(value: str | None, unit: str = "1", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "definition": f"in {unit}", "reason": None, **more}


def interval(low: str | None, high: str | None) -> dict[str, Any]:
    return {"low": low, "high": high, "confidence": "0.95", "method": "Newcombe"}


def group(names: dict[str, Any], measures: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"group": names, "measures": measures, **more}


def answer(*groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"zone": "Europe/Berlin", "position": 1234, "groups": list(groups), **more}


SALES = answer(
    group({"channel": "web", "currency": "EUR"}, {"net": figure("1234567.50", "EUR"), "orders": figure("7", "orders")}),
    group({"channel": "亚洲", "currency": "USD"}, {"net": figure("10.00", "USD"), "orders": figure("2", "orders")}),
    **{"from": "2026-01-01", "definition": "Goods only."},
)
FEW, CONTROL = "an arm has fewer than 20 events", "it is the control itself"
LIFT = answer(
    *(
        group(
            {"variant": variant, "currency": currency},
            {
                "members": figure("1000", "members"),
                "conversion_difference": difference,
                "revenue_per_member_difference": figure(money, currency, interval=interval(*sides)),
            },
            verdicts={"conversion_difference": {"verdict": None if variant == "control" else "no difference", "reason": None}},
        )
        for currency, money, sides in (("EUR", "1.20", ("0.70", "1.70")), ("USD", "-0.40", ("-0.90", None)))
        for variant, difference in (
            ("control", figure(None, reason=CONTROL)),
            (
                "Save $5 & get $10",
                figure(
                    "0.0123456789012",
                    interval=interval("0.002", "0.022"),
                    always_valid=interval("-0.008", "0.033"),
                    test={"method": "z", "statistic": "2.1", "p_value": "0.0357", "adjusted_p_value": "0.0714"},
                ),
            ),
            ("blue", figure("-0.004", interval=interval("-0.014", "0.006"), caution=FEW)),
        )
    ),
    campaign="Spring",
    sample_ratio=figure("0.31", "1", caution=FEW),
)
POINTS = [
    {"seconds": "3600", "share": "0.75", "low": "0.5", "high": "0.9", "at_risk": 4},
    {"seconds": "7200", "share": "0.25", "low": "0.1", "high": "0.6", "at_risk": 2},
]
WAITING = answer(
    group({"category": "billing"}, {"median": figure("7200", "seconds", interval=interval("3600", None))}, curve=POINTS),
    group({"category": "delivery"}, {"median": figure(None, "seconds", reason="fewer than half have ended")}, curve=POINTS[:1]),
    total=group({}, {"median": figure("7200", "seconds")}, curve=POINTS),
    measure="first_resolution",
    clock="calendar",
)
COHORTS = answer(
    *(
        group({"cohort": f"2026-0{month}-01", "months_since": since, "currency": currency}, {"retention": figure(share)})
        for currency in ("EUR", "USD")
        for month, since, share in ((1, 0, "1"), (1, 1, "0.5"), (2, 0, "1"), (2, 1, None))
    )
)
SEGMENTS = answer(
    *(
        group(
            {"cluster": cluster, "cluster_id": 7, "label": label},
            {
                "customers": figure(customers, "customers"),
                "share": figure("0.3"),
                "mean:orders": figure(orders, "orders"),
                "mean:total:EUR": figure(total, "EUR"),
            },
        )
        for cluster, label, customers, orders, total in (
            (0, "loyal", "100", "8", "500"),
            (1, "新", "400", "1", "40"),
            (2, "empty", "0", None, None),
        )
    )
)
FUNNEL = answer(
    *(
        group(
            {"campaign": "Spring", "variant": variant, "currency": currency},
            {"targeted": figure(targeted, "members"), "opened": figure("40", "members"), "converted": figure("4", "members")},
        )
        for currency in ("EUR", "USD")
        for variant, targeted in (("treatment", "80"), ("control", "0"))
    )
)
