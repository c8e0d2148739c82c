"""How far customers have moved since a segment model was fitted: by each feature, and by the mix of segments.

The bins are those of the fit: tenths of the fitted customers by each feature, and the clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection

from projections.customers.all_behaviours import all_figures
from projections.segmentation.segment_assignment import assign_all
from projections.segmentation.segment_models import Model, known
from projections.shared.figures import Figure, Measured, estimated, without_value
from projections.shared.statistics.stability import stability_index

if TYPE_CHECKING:
    from projections.customers.behaviour_figures import Behaviours, Numbers

MOVED = 0.25
"""From this index on, a fit no longer describes the customers: the usual rule of credit scoring."""
ENOUGH = 200
"""With fewer customers, now or at the fit, such an index is often chance: for other customers of the same kinds, in about half
of the cases with 100 of them, and in 2 % with 200 (`python -m tests.benchmarks.calibration segments`)."""
FEW = f"fewer than {ENOUGH} customers, now or at the fit: chance alone can move the index to {MOVED}"
MIX = "segments"
DEFINITION = "sum of (share now − share at the fit) · ln(share now / share at the fit); an empty bin counts as 0.000001"


class Report(msgspec.Struct, frozen=True):
    """`refit_advised` if any index is 0.25 or more."""

    as_of: date
    refit_advised: bool
    groups: list[Measured]


def report(connection: Connection, model: Model) -> Report:
    """The index of each feature of the customers who have all of them, and of the mix of segments, as of now."""
    import numpy as np

    day = model.day(known(connection).ended)
    fitted = model.fitted
    counts = [np.zeros(len(one.shares), np.int64) for one in fitted.bins]
    mix = np.zeros(fitted.k, np.int64)
    of_attributes = any(feature.attribute is not None for feature in fitted.features)
    for behaviours in all_figures(connection, of_attributes=of_attributes) if fitted.bins else ():
        columns = _columns(model, behaviours, day)
        for place, one in enumerate(fitted.bins):
            found = np.searchsorted(one.edges, columns[place], side="right")
            counts[place] += np.bincount(found, minlength=len(one.shares))
        if len(columns[0]):
            mix += np.bincount(assign_all(fitted, columns).clusters, minlength=fitted.k)
    shares = [(one.shares, count) for one, count in zip(fitted.bins, counts, strict=True)]
    pairs = (*shares, (fitted.mix, mix))
    indexes = [_index(of, count.tolist(), fitted.customers) for of, count in pairs] if fitted.bins else []
    names = [*(feature.label for feature in fitted.features), MIX]
    figures = indexes or [without_value("1", DEFINITION, "the fit recorded no bins: fit the model again")] * len(names)
    return Report(
        as_of=day,
        refit_advised=any(figure.value is not None and figure.value >= MOVED for figure in figures),
        groups=[Measured(group={"of": name}, measures={"psi": figure}) for name, figure in zip(names, figures, strict=True)],
    )


def _columns(model: Model, behaviours: Behaviours, day: date) -> list[Numbers]:
    """The features of the customers who have all of them."""
    import numpy as np

    columns = [behaviours.values(feature, day) for feature in model.fitted.features]
    whole = ~np.isnan(np.array(columns)).any(axis=0)
    return [column[whole] for column in columns]


def _index(shares: Sequence[float], counts: Sequence[int], fitted: int) -> Figure:
    n = sum(counts)
    if not n:
        return without_value("1", DEFINITION, "no customer has every feature", n=0)
    more = {"caution": FEW} if min(n, fitted) < ENOUGH else {}
    return estimated(stability_index(shares, counts), "1", DEFINITION, n=n, method="population stability index", **more)
