"""The order in which the rows of an import run: by time, for each thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from heapq import merge
from itertools import groupby
from pathlib import Path

from commands.importing.facts import Group
from commands.importing.on_disk import RUN, Entries, Entry

Numbered = tuple[int, Entry]
"""The index of a group, and an entry of it."""


class Timed:
    """The entries of all rows, by group. Put all of them before they are read."""

    def __init__(self, groups: Sequence[Group], folder: Path, stack: ExitStack) -> None:
        run = RUN // max(1, len(groups))
        files = (folder / f"entries-{place}" for place in range(len(groups)))
        self._entries = [stack.enter_context(closing(Entries(file, run))) for file in files]
        self._alike = True

    def __len__(self) -> int:
        return sum(map(len, self._entries))

    def size(self, place: int) -> int:
        """The number of entries of a group."""
        return len(self._entries[place])

    def put(self, of_row: Sequence[Numbered]) -> None:
        """All entries of a row."""
        self._alike = self._alike and len({entry.at for _, entry in of_row}) == 1
        for place, entry in of_row:
            self._entries[place].put(entry)

    def portions(self, rows: int) -> Iterator[Sequence[Iterable[Entry]]]:
        """The portions, to run one after the other: the entries of each group, in the order of time.

        If all facts of a row have the same time, the order of the rows is the same for all groups. Then a portion has this many
        rows with all their groups, so that a row's customer is still cached when the row's order is placed. Otherwise all
        entries are one portion.
        """
        if not self._alike:
            yield self._entries
            return
        in_order = merge(*(map(partial(_numbered, place), one) for place, one in enumerate(self._entries)), key=_row)
        portion: list[list[Entry]] = [[] for _ in self._entries]
        for number, (_, of_row) in enumerate(groupby(in_order, key=_row), 1):
            for place, entry in of_row:
                portion[place].append(entry)
            if number % rows == 0:
                yield portion
                portion = [[] for _ in self._entries]
        yield portion


def _numbered(place: int, entry: Entry) -> Numbered:
    return place, entry


def _row(numbered: Numbered) -> tuple[int, int]:
    """The time and the line."""
    return numbered[1][:2]
