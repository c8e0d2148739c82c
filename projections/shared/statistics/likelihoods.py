"""Maximum likelihood of models whose parameters are all positive, by L-BFGS-B on their logarithms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Likelihood = Callable[[Numbers], tuple[float, Numbers]]
    """The log-likelihood at these parameters, and its derivative by each of them."""

WITHIN = 8.0
"""The logarithm of a parameter lies between minus and plus this. A fit that ends there has found no maximum."""
FLAT = 1e-6
"""At a maximum, the log-likelihood per observation has derivatives by the logarithms of the parameters below this."""


class Found(NamedTuple):
    """The parameters with the greatest log-likelihood that was found.

    `errors` are the standard errors of the logarithms of the parameters, from the observed information; None if it is not
    positive definite there. `converged` says whether the place is a maximum.
    """

    parameters: tuple[float, ...]
    log_likelihood: float
    errors: tuple[float, ...] | None
    converged: bool


def most_likely(likelihood: Likelihood, observations: float, starts: Sequence[Sequence[float]]) -> Found:
    """The maximum, searched from each of the starts. The result depends on nothing but its arguments."""
    import numpy as np
    from scipy.optimize import minimize

    def falling(logs: Numbers) -> tuple[float, Numbers]:
        parameters = np.exp(logs)
        value, slope = likelihood(parameters)
        return -value / observations, -slope * parameters / observations

    options = {"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9}
    bounds = [(-WITHIN, WITHIN)] * len(starts[0])
    ends = [minimize(falling, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options) for start in starts]
    logs = min(ends, key=lambda end: float(end.fun)).x
    value, slope = falling(logs)
    errors = _errors(lambda logs: falling(logs)[1] * observations, logs)
    converged = bool(abs(slope).max() < FLAT and abs(logs).max() < WITHIN and errors is not None)
    return Found(tuple(np.exp(logs).tolist()), -value * observations, errors, converged)


def _errors(slope: Callable[[Numbers], Numbers], at: Numbers) -> tuple[float, ...] | None:
    """The roots of the diagonal of the inverse information, whose columns are central differences of the derivatives."""
    import numpy as np

    step = 1e-4
    columns = [(slope(at + step * way) - slope(at - step * way)) / (2 * step) for way in np.eye(len(at))]
    information = np.array(columns)
    information = (information + information.T) / 2
    if not np.isfinite(information).all() or np.linalg.eigvalsh(information).min() <= 0:
        return None
    return tuple(np.sqrt(np.diag(np.linalg.inv(information))).tolist())
