"""Which clusters of a fit are clusters of the fit before: these keep their id and their name.

Both are compared in the scale of the fit before, and matched so that the sum of distances is least (Kuhn 1955, the Hungarian
method, https://doi.org/10.1002/nav.3800020109). A cluster that lies further from its match than half the way from there to the
nearest other cluster of the fit before is a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from domain.segmentation.segment_model import Fitted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


def carried(fitted: Fitted, before: Fitted | None) -> Fitted:
    """The fit with ids and names of clusters from the fit before, as far as they are the same clusters.

    No cluster is the same if the model has other features or another transform now.
    """
    matched = _matched(fitted, before) if before is not None and _is_comparable(fitted, before) else {}
    if before is None:
        return replace(fitted, cluster_ids=tuple(range(fitted.k)), next_cluster_id=fitted.k)
    free = before.next_id
    ids: list[int] = []
    names: list[str | None] = []
    for cluster in range(fitted.k):
        if cluster in matched:
            ids.append(before.ids[matched[cluster]])
            names.append(before.cluster_names[matched[cluster]])
        else:
            ids.append(free)
            names.append(None)
            free += 1
    return replace(fitted, cluster_ids=tuple(ids), cluster_names=_named(names), next_cluster_id=free)


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


def _named(names: list[str | None]) -> tuple[str, ...]:
    """A new cluster gets the first number that is no name yet, in the order of the clusters."""
    taken = {name for name in names if name is not None}
    numbers = (str(number) for number in range(1, 2 * len(names) + 1))
    free = (number for number in numbers if number not in taken)
    return tuple(next(free) if name is None else name for name in names)
