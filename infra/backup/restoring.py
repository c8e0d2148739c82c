"""Makes an event store of a backup: checks everything, writes it, and applies the erasures of after the backup again.

Killed at any line, it can be run again: until the last step, what it wrote is marked, nothing else opens it, and the next run
begins with an empty place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from commands.shared.commit import Unreadable
from infra.backup import tables
from infra.backup.contents import Manifest
from infra.backup.erasing_again import erase_again
from infra.backup.erasures import BadList, Listed, read_list
from infra.backup.reading import Checked, Pair, check
from infra.backup.sealed_files import Identity
from infra.backup.writing import write
from infra.event_store.terms import type_term
from infra.event_store.vault import MasterKeyMissing, Vault, WrongMasterKey
from infra.settings import Settings
from infra.wiring import mapper, restored_store

MARGIN = 100_000_000
"""How many positions may have been given out between a backup and the loss of the store. None of them is given out again."""

Progress = Callable[[int, int], None]


class Wanted(NamedTuple):
    """What to restore. `erasures` is the list of erasures; None if there is none.

    `above` is the highest position that was given out before the store was lost, if it is known; `sent` the highest one that is
    in Kafka.
    """

    pair: Pair
    identities: Sequence[Identity]
    erasures: Path | None = None
    above: int | None = None
    sent: int = 0


class Restored(NamedTuple):
    """`erased` subjects were erased again. New events have positions above `above`."""

    manifest: Manifest
    erased: int
    above: int


def examine(settings: Settings, wanted: Wanted) -> tuple[Checked, Listed]:
    """Reads and checks all that a restore needs, and writes nothing. Raises BadFile, BadList, OtherFormat, WrongMasterKey."""
    known = mapper()
    erasing = {type_term(name) for name in known.erasing_types}

    def erases(name: str) -> bool:
        return type_term(name) in erasing

    try:
        checked = check(wanted.pair, wanted.identities, Vault(*settings.master_keys), erases)
    except MasterKeyMissing as error:
        raise WrongMasterKey(str(error)) from None
    if wanted.erasures is None:
        return checked, Listed((), 0)
    listed = read_list(wanted.erasures, checked.secret, checked.events.head, checked.last_erasure)
    for receipt in listed.later:
        try:
            known.decode(receipt.stored(), {})
        except Unreadable as error:
            raise BadList(f"{wanted.erasures}: the erasure at position {receipt.position} cannot be applied: {error}") from None
    return checked, listed


def restore(settings: Settings, wanted: Wanted, progress: Progress, follow: Callable[[], None]) -> Restored:
    """Restore the backup. At its end, before anyone else may open the store, `follow` makes everything follow the new log.

    Raises what `examine` and `follow` raise, and NotEmpty, NotProven, HomeInUse and StillInUse. Then no store can be opened
    that could not be opened before.
    """
    from infra.processes.repairing import alone

    checked, listed = examine(settings, wanted)
    with alone(settings):
        with closing(tables.target(settings)) as target:
            write(wanted.pair, checked, wanted.identities, target, progress)
        with closing(restored_store(settings)) as store:
            above = max(checked.events.given, listed.last, wanted.above or checked.events.given + MARGIN, wanted.sent)
            store.raise_positions(above)
            erased = erase_again(store, listed.later)
        follow()
        with closing(restored_store(settings)) as store:
            store.finish_restore()
    return Restored(checked.events, erased, above)
