"""How often Python's garbage collector looks for reference cycles: rarely, because this code makes hardly any."""

import gc

# Batches make tens of thousands of objects that are freed without garbage collection, next to thousands of cached aggregates
# that stay in memory. With the usual threshold of 2,000, collection took 30 % of a relay's time and 40 % of an import's.
YOUNG, MIDDLE, OLD = 100_000, 50, 100


def collect_seldom() -> None:
    """Collect garbage rarely in this process. Call this once the process has loaded its modules."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
