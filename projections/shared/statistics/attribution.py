"""How conversions are divided among the touchpoints before them.

A credit divides what happened. It does not say what a channel caused: that takes a control group.

* `linear`, `position` and `time-decay` weigh the touchpoints of each path, as `WEIGHTS` says; `first` and `last` take one.
* `markov`: paths are a Markov chain of order 1 from a start to a conversion or to an end without one. The removal effect of a
  channel is the share of conversions that is lost if every visit to it ends without a conversion; credits are in proportion to
  it (Anderl, Becker, von Wangenheim and Schumann 2016, https://doi.org/10.1016/j.ijresmar.2016.03.001).
* `shapley`: the Shapley value of the game in which a set of channels is worth the conversions of the paths that touch no other
  channel. A path is a unanimity game of its channels, so they share its conversions equally, and no subset is ever looked at
  (Shapley 1953, https://doi.org/10.1515/9781400881970-018).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from projections.shared.vectors import Whole

    Reals = NDArray[np.float64]

Model = Literal["first", "last", "linear", "time-decay", "position", "markov", "shapley"]
MODELS: tuple[Model, ...] = get_args(Model)
ENDS = 0.4
"""The share of the first and of the last touchpoint of a path in `position`; those in between share the rest."""


class Paths(NamedTuple):
    """Paths of touchpoints. The first two vectors have a value for each touchpoint; those of a path follow each other in time.

    `paths` has the number of its path, and `channels` that of its channel. `ages` are days from the touchpoint to the end of
    its path. `values` have, for each path, what its conversions are worth; `conversions` and `without` how often it ended with
    a conversion and without one, together at least once.
    """

    paths: Whole
    channels: Whole
    ages: Reals
    values: Reals
    conversions: Reals
    without: Reals

    @property
    def lengths(self) -> Whole:
        """The number of touchpoints of each path."""
        import numpy as np

        return np.bincount(self.paths, minlength=len(self.values))

    @property
    def begins(self) -> Whole:
        """The place of the first touchpoint of each path."""
        import numpy as np

        lengths = self.lengths
        return np.cumsum(lengths) - lengths


def credited(paths: Paths, channels: int, model: Model, half_life: float = 7.0) -> Reals:
    """What each channel is worth, up to a common factor. The half-life of a touchpoint's weight is in days."""

    if model == "markov":
        # All conversions are worth the same to a chain: their value is divided as their number is.
        return removal_effects(paths, channels)
    weights = _by_decay(paths, half_life) if model == "time-decay" else WEIGHTS[model](paths)
    return _summed(paths.channels, weights * paths.values[paths.paths], channels)


def _summed(numbers: Whole, weights: Reals, length: int) -> Reals:
    """The sum of the weights of each number."""
    import numpy as np

    return np.bincount(numbers, weights, minlength=length).astype(np.float64, copy=False)


# Weights of the touchpoints of a path; they add up to 1


def _first(paths: Paths) -> Reals:
    import numpy as np

    weights = np.zeros(len(paths.paths))
    weights[paths.begins] = 1
    return weights


def _last(paths: Paths) -> Reals:
    import numpy as np

    weights = np.zeros(len(paths.paths))
    weights[paths.begins + paths.lengths - 1] = 1
    return weights


def _linear(paths: Paths) -> Reals:
    return 1 / paths.lengths[paths.paths]


def _by_position(paths: Paths) -> Reals:
    """Two touchpoints have a half each, and one has all."""
    import numpy as np

    lengths, begins = paths.lengths, paths.begins
    inner = (1 - 2 * ENDS) / np.maximum(lengths - 2, 1)
    weights: Reals = inner[paths.paths]
    outer = np.where(lengths == 1, 1.0, np.where(lengths == 2, 0.5, ENDS))
    weights[begins] = outer
    weights[begins + lengths - 1] = outer
    return weights


def _by_decay(paths: Paths, half_life: float) -> Reals:
    import numpy as np

    last = paths.ages[paths.begins + paths.lengths - 1]
    # Relative to the last touchpoint, so that a path whose touchpoints are all old has weights at all.
    weights = np.exp2(-(paths.ages - last[paths.paths]) / half_life)
    sums = np.bincount(paths.paths, weights, minlength=len(last))
    decayed: Reals = weights / sums[paths.paths]
    return decayed


def _equally_by_channel(paths: Paths) -> Reals:
    """Each different channel of a path has the same: its first touchpoint in the path has all of it."""
    import numpy as np

    firsts = first_of_channel(paths)
    different = np.bincount(paths.paths[firsts], minlength=len(paths.values))
    shared: Reals = firsts / different[paths.paths]
    return shared


WEIGHTS: Mapping[Model, Callable[[Paths], Reals]] = {
    "first": _first,
    "last": _last,
    "linear": _linear,
    "position": _by_position,
    "shapley": _equally_by_channel,
}


def first_of_channel(paths: Paths) -> NDArray[np.bool_]:
    """Marks the first touchpoint of each channel in each path."""
    import numpy as np

    several = int(paths.channels.max()) + 1 if len(paths.channels) else 1
    pairs = paths.paths * several + paths.channels
    # A stable sort keeps the order of time within the touchpoints of a pair.
    order = np.argsort(pairs, kind="stable")
    firsts = np.zeros(len(pairs), np.bool_)
    firsts[order[np.append(True, pairs[order][1:] != pairs[order][:-1])[: len(order)]]] = True
    return firsts


# The Markov chain


def conversion_probability(paths: Paths) -> float:
    """The probability that a path ends with a conversion: of the chain as of the paths. NaN without a path."""
    ends = float(paths.conversions.sum() + paths.without.sum())
    return float(paths.conversions.sum()) / ends if ends else float("nan")


def removal_effects(paths: Paths, channels: int) -> Reals:
    """The share of the conversions that is lost without each channel; 0 for one that no path touches, or without conversions.

    With N = (I − Q)⁻¹ and b the probability of a conversion from each channel, the chain visits channel c with the probability
    h = (s·N)_c / N_cc, and it loses h·b_c if this visit ends without a conversion. So one inverse gives all effects.
    """
    import numpy as np

    effects = np.zeros(channels)
    used, numbers = np.unique(paths.channels, return_inverse=True)
    if not paths.conversions.sum():
        return effects
    starts, between, converting, leaving = _transitions(paths, numbers, len(used))
    q = between / leaving[:, None]
    inverse = np.linalg.inv(np.eye(len(used)) - q)
    from_channel = inverse @ (converting / leaving)
    begun = starts / starts.sum()
    visited = begun @ inverse / inverse.diagonal()
    effects[used] = np.maximum(visited * from_channel / (begun @ from_channel), 0)
    return effects


def _transitions(paths: Paths, numbers: Whole, length: int) -> tuple[Reals, Reals, Reals, Reals]:
    """How often a path begins with each channel, goes from one to another, converts after it, and leaves it at all."""
    import numpy as np

    ends = paths.conversions + paths.without
    begins = paths.begins
    last = begins + paths.lengths - 1
    starts = _summed(numbers[begins], ends, length)
    converting = _summed(numbers[last], paths.conversions, length)
    follows = np.flatnonzero(paths.paths[1:] == paths.paths[:-1])
    codes = numbers[follows] * length + numbers[follows + 1]
    between = _summed(codes, ends[paths.paths[follows]], length * length).reshape(length, length)
    leaving = _summed(numbers[last], ends, length) + between.sum(axis=1)
    return starts, between, converting, leaving
