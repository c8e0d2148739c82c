"""Prints what lifelines finds on samples of many shapes, for `tests/data/oracles/survival.json`.

lifelines needs an older pandas than Recount. So this runs in an interpreter of its own (`pip install lifelines==0.30.3`), and
the tests read the committed table.
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module

import numpy

lifelines, statistics, utils = (import_module(f"lifelines{part}") for part in ("", ".statistics", ".utils"))


def sample(seed: int) -> dict[str, object]:
    """Durations with ties, of which some are censored, in three groups."""
    draw = numpy.random.default_rng(seed)
    size = int(draw.integers(30, 120))
    durations, ends = draw.integers(1, 50, size), draw.random(size) < draw.choice([0.5, 0.8, 1.0])
    groups = draw.integers(0, 3, size)
    kept = lifelines.KaplanMeierFitter().fit(durations, ends)
    interval = utils.median_survival_times(kept.confidence_interval_).iloc[0]
    band = kept.confidence_interval_survival_function_
    until = int(durations.max()) // 2
    compared = statistics.multivariate_logrank_test(durations, groups, ends)
    return {
        "durations": durations.tolist(),
        "ended": ends.tolist(),
        "groups": groups.tolist(),
        "share": {int(at): value for at, value in kept.survival_function_["KM_estimate"].items() if at > 0},
        "low": {int(at): value for at, value in band.iloc[:, 0].items() if at > 0},
        "high": {int(at): value for at, value in band.iloc[:, 1].items() if at > 0},
        "median": [_finite(kept.median_survival_time_), *map(_finite, interval)],
        "p90": _finite(utils.qth_survival_times(0.1, kept.survival_function_)),
        "restricted_mean": [until, utils.restricted_mean_survival_time(kept, t=until)],
        "log_rank": [compared.test_statistic, compared.p_value],
    }


def _finite(number: float) -> float | None:
    return float(number) if numpy.isfinite(number) else None


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    json.dump([sample(seed) for seed in range(6)], sys.stdout, indent=None, separators=(",", ":"))
    print()
