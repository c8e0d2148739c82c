"""`python -m tests.benchmarks.scaling` measures, simulates, and writes docs/scaling.json and the tables of docs/scaling.md."""

import argparse

from infra.collecting import collect_seldom
from infra.processes import logs
from tests.benchmarks.scaling import page, record
from tests.benchmarks.scaling.measuring import measured
from tests.benchmarks.scaling.predicting import predicted


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scaling", description=__doc__)
    parser.add_argument("--as-measured", action="store_true", help="only simulate again, with the costs of docs/scaling.json")
    asked = parser.parse_args()
    logs.configure("WARNING")
    collect_seldom()
    record.write(predicted(record.read().measured if asked.as_measured else measured()))
    page.write(record.read())


if __name__ == "__main__":
    main()
