"""When Python looks for cycles of garbage: seldom, since hardly any are made here."""

import gc

# Batches make tens of thousands of objects that go without being looked for, beside thousands of cached aggregates that
# stay. With the usual 2,000 the looking took 30 % of a relay's time and 40 % of an import's.
YOUNG, MIDDLE, OLD = 100_000, 50, 100


def collect_seldom() -> None:
    """For a whole process, once its modules are loaded."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
