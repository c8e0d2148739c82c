"""Cohorts, and new against returning customers, as a short script computes them. Money is in whole cents: sums are exact."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any

import pandas

COLUMNS = ["customer", "sample", "date", "cds", "dollars"]


def purchases(lines: Sequence[str]) -> Any:
    """CDNOW's rows as a table: customer, month and cents."""
    table = pandas.DataFrame([line.split() for line in lines], columns=COLUMNS)
    month = pandas.to_datetime(table["date"], format="%Y%m%d").dt.to_period("M")
    return table.assign(month=month, cents=_cents(table["dollars"]))


def orders(csv: str) -> Any:
    """The same table from an export of orders, in the order in which they were placed."""
    table = pandas.read_csv(StringIO(csv), dtype=str).sort_values(["placed_at", "id"])
    month = pandas.to_datetime(table["placed_on"]).dt.to_period("M")
    return table.assign(customer=table["customer_id"], month=month, cents=_cents(table["net"]))


def cohorts(purchases: Any) -> dict[tuple[str, int], tuple[int, int, int, int]]:
    """By month of the first purchase and months since: size of the cohort, number of buyers, purchases, cents."""
    first = purchases.groupby("customer")["month"].transform("min")
    since = [(month - began).n for month, began in zip(purchases["month"], first, strict=True)]
    table = purchases.assign(cohort=first, since=since)
    size = table.groupby("cohort")["customer"].nunique()
    return {
        (str(cohort), months): (int(size[cohort]), group["customer"].nunique(), len(group), int(group["cents"].sum()))
        for (cohort, months), group in table.groupby(["cohort", "since"])
    }


def new_and_returning(orders: Any) -> dict[tuple[str, str], tuple[int, int, int]]:
    """By month and by whether an order is its customer's first one: customers, orders, cents."""
    buyer = orders["customer"].duplicated().map({False: "new", True: "returning"})
    return {
        (str(month), kind): (group["customer"].nunique(), len(group), int(group["cents"].sum()))
        for (month, kind), group in orders.groupby(["month", buyer])
    }


def _cents(amounts: Any) -> Any:
    return (amounts.astype(float) * 100).round().astype(int)
