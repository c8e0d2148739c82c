"""Segments as a short script computes them: a CSV, StandardScaler, KMeans; and RFM features from a table of purchases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import StringIO
from typing import Any

import pandas
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler


def segments(csv: str, features: Sequence[str], customer: str = "customer_id", seed: int = 0) -> Any:
    """A label for every customer of the CSV who has all of the features, by customer."""
    customers = pandas.read_csv(StringIO(csv)).set_index(customer).sort_index()[list(features)].dropna()
    scaled = StandardScaler().fit_transform(customers)
    labels = KMeans(n_clusters=3, n_init=10, random_state=seed).fit_predict(scaled)
    return pandas.Series(labels, index=customers.index)


def same_segments(these: Any, those: Any) -> bool:
    """Whether both have the same customers in the same segments, apart from the names of the segments."""
    return set(these.index) == set(those.index) and adjusted_rand_score(these, those.loc[these.index]) == 1.0


def rfm(purchases: Any, as_of: date) -> Any:
    """RFM features per customer, from purchases with columns customer, day and amount.

    Times are in days; all purchases of a customer on one day count as one purchase, except in `orders`.
    """
    by_day = purchases.groupby(["customer", "day"])["amount"].sum().reset_index()
    per_customer = by_day.groupby("customer")
    first, last = per_customer["day"].min(), per_customer["day"].max()
    total, first_amount = per_customer["amount"].sum(), per_customer["amount"].first()
    later = per_customer.size() - 1
    return pandas.DataFrame(
        {
            "orders": purchases.groupby("customer").size(),
            "frequency": later,
            "recency": (last - first).dt.days,
            "T": (pandas.Timestamp(as_of) - first).dt.days,
            "days_since_last": (pandas.Timestamp(as_of) - last).dt.days,
            "total": total,
            "monetary": ((total - first_amount) / later.where(later > 0)).fillna(0.0),
        }
    )
