"""Which clusters of a fit are clusters of the fit before: these keep their id, and a name that people gave.

Both are compared in the scale of the fit before, and matched so that the sum of distances is least (Kuhn 1955, the Hungarian
method, https://doi.org/10.1002/nav.3800020109). A cluster that lies further from its match than half the way from there to the
nearest other cluster of the fit before is a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from domain.segmentation.segment_model import Fitted
from projections.segmentation.segment_names import named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


def carried(fitted: Fitted, before: Fitted | None) -> Fitted:
    """The fit with ids and names for its clusters: those of the fit before, as far as they are the same clusters.

    No cluster is the same if the model has other features or another transform now.
    """
    matched = _matched(fitted, before) if before is not None and _is_comparable(fitted, before) else {}
    free = 0 if before is None else before.next_id
    ids: list[int] = []
    for cluster in range(fitted.k):
        if before is not None and cluster in matched:
            ids.append(before.ids[matched[cluster]])
        else:
            ids.append(free)
            free += 1
    return named(replace(fitted, cluster_ids=tuple(ids), next_cluster_id=free), before, matched)


def _is_comparable(fitted: Fitted, before: Fitted) -> bool:
    return (fitted.features, fitted.transform) == (before.features, before.transform)


def _matched(fitted: Fitted, before: Fitted) -> dict[int, int]:
    """The clusters that are the same, each with its place in the fit before."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    old = np.array(before.centroids)
    new = (np.array(fitted.centroids) * fitted.scale + fitted.mean - before.mean) / before.scale
    apart = cdist(old, old)
    np.fill_diagonal(apart, np.inf)
    distances = cdist(old, new)
    pairs = zip(*(places.tolist() for places in linear_sum_assignment(distances)), strict=True)
    return {there: here for here, there in pairs if distances[here, there] <= apart[here].min() / 2}
