"""Prints the figures of all topics, or of those that are named."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping

from tests.benchmarks.calibration import channels, lift, segments, values, waiting
from tests.benchmarks.calibration.calibrated import Calibrated

TOPICS: Mapping[str, Callable[[], Iterator[Calibrated]]] = {
    "channels": channels.figures,
    "lift": lift.figures,
    "segments": segments.figures,
    "values": values.figures,
    "waiting": waiting.figures,
}
"""The topics, by hand: a new one is a module with `figures`, and one line here."""


def main(*names: str) -> None:
    for name in names or TOPICS:
        begun = time.monotonic()
        for one in TOPICS[name]():
            print(one.line(), flush=True)
        print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
