"""The cluster of a customer: the nearest centroid in scaled space, the first one if several are equally near.

One customer is assigned in plain Python, many are assigned in NumPy. Both do the same operations on the same doubles in the
same order, so that both give the same bits. Neither squares with `**` or uses NumPy's own log1p, which may differ in the last
bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, inf, log1p, sqrt
from typing import TYPE_CHECKING, NamedTuple

from domain.segmentation.segment_model import Fitted, Transform

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray


class Assignment(NamedTuple):
    """The index of a centroid, and the distance from it in scaled space."""

    cluster: int
    distance: float


class Assignments(NamedTuple):
    """An `Assignment` for each customer, in the order of the input."""

    clusters: NDArray[int64]
    distances: NDArray[float64]


def assign(model: Fitted, features: Sequence[float]) -> Assignment:
    """The cluster of one customer; `features` are finite and in the model's order."""
    scaled = [
        (transformed(model.transform, value) - mean) / scale
        for value, mean, scale in zip(features, model.mean, model.scale, strict=True)
    ]
    nearest, least = 0, inf
    for cluster, centroid in enumerate(model.centroids):
        square = 0.0
        for value, centre in zip(scaled, centroid, strict=True):
            difference = value - centre
            square += difference * difference
        if square < least:
            nearest, least = cluster, square
    return Assignment(nearest, sqrt(least))


def assign_all(model: Fitted, columns: Sequence[NDArray[float64]]) -> Assignments:
    """The clusters of many customers; `columns` are their features, finite and in the model's order."""
    import numpy

    with numpy.errstate(over="ignore"):
        scaled = [
            (transformed_all(model.transform, column) - mean) / scale
            for column, mean, scale in zip(columns, model.mean, model.scale, strict=True)
        ]
        squares = numpy.zeros((model.k, len(columns[0])))
        for cluster, centroid in enumerate(model.centroids):
            for column, centre in zip(scaled, centroid, strict=True):
                difference = column - centre
                squares[cluster] += difference * difference
    clusters = squares.argmin(axis=0)
    return Assignments(clusters, numpy.sqrt(squares.min(axis=0)))


def transformed(transform: Transform, value: float) -> float:
    """The value before it is scaled. log1p is taken of its magnitude and keeps its sign: refunds may exceed sales."""
    return copysign(log1p(abs(value)), value) if transform == "log1p" else value


def transformed_all(transform: Transform, column: NDArray[float64]) -> NDArray[float64]:
    import numpy

    if transform == "none":
        return column
    # The function of Python's own library on each value, without one of Python's around it: a third of the time.
    logarithms = numpy.fromiter(map(log1p, numpy.abs(column).tolist()), float, len(column))
    transformed: NDArray[float64] = numpy.copysign(logarithms, column)
    return transformed
