"""A process that rebuilds a read model and prints its position, so that a test can kill it before the end."""

import sys
from pathlib import Path

import consumers.rebuilding.rebuild
from tests.consumers.tallies import Tallies, postgres_world, sqlite_world

PAGE = 100

if __name__ == "__main__":
    place, partitions = sys.argv[1], int(sys.argv[2])
    world = postgres_world(place) if place.startswith("postgresql://") else sqlite_world(Path(place))
    consumers.rebuilding.rebuild.PAGE = dict.fromkeys(consumers.rebuilding.rebuild.PAGE, PAGE)
    consumers.rebuilding.rebuild.rebuild(
        Tallies().projection, world.store, world.read_models, partitions, progress=lambda at, _: print(at, flush=True)
    )
