"""Any number of rounds: `python -m tests.faults.chaos --rounds 1000 --seed 1`.

Every twenty rounds a new deployment starts, with the next seed. To repeat a failure, give its seed.
"""

from __future__ import annotations

import argparse
import sys
import time

from infra.processes.stopping import SERVERS_END_WITHIN, interrupt, when_asked_to_stop
from tests.faults import rounds
from tests.faults.deployment import deployed, servers

ROUNDS_A_DEPLOYMENT = 20


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill and freeze processes under load, then compare all records.")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.monotonic()
    with when_asked_to_stop(interrupt, SERVERS_END_WITHIN), servers() as running:
        for seed, left in enumerate(range(asked.rounds, 0, -ROUNDS_A_DEPLOYMENT), start=asked.seed):
            with deployed(running) as deployment:
                try:
                    rounds.run(deployment, seed, min(left, ROUNDS_A_DEPLOYMENT))
                except Exception as error:
                    print(f"\n{deployment.last_words()}\nseed {seed}: {type(error).__name__}: {error}", file=sys.stderr)
                    sys.exit(1)
    print(f"{asked.rounds} rounds in {time.monotonic() - started:.0f} s: no event lost or duplicated")


if __name__ == "__main__":
    main()
