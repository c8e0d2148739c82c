"""What rounds of faults found, by kind: the table of docs/reliability.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from tests.faults.books import Books
from tests.faults.verdict import Differences, Different


@dataclass
class Row:
    """`longest_pause` is how long a client waited for the answer to one command, with all its tries, in seconds.

    `failed` counts rounds that did not end, because the deployment did not catch up or a client got no answer.
    """

    rounds: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    read_models: int = 0
    failed: int = 0
    longest_pause: float = 0.0

    @contextmanager
    def counting(self, books: Books) -> Iterator[None]:
        """Counts the round that is played inside the block. Its failure is counted and raised."""
        books.longest_wait, before = 0.0, books.accepted
        self.rounds += 1
        try:
            yield
        except Different as different:
            self._differ(different.found)
            raise
        except Exception:
            self.failed += 1
            raise
        finally:
            self.accepted += books.accepted - before
            self.longest_pause = max(self.longest_pause, books.longest_wait)

    def add(self, other: Row) -> None:
        for name, value in asdict(other).items():
            both = getattr(self, name), value
            setattr(self, name, max(both) if name == "longest_pause" else sum(both))

    def _differ(self, found: Differences) -> None:
        self.lost += found.lost
        self.doubled += found.doubled
        self.reordered += found.reordered
        self.read_models += found.read_models

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.reordered or self.read_models or self.failed)


Table = dict[str, Row]

HEAD = ("kind", "rounds", "accepted", "lost", "doubled", "reordered", "read models different", "longest pause")


def add(table: Table, other: Mapping[str, Row]) -> None:
    for kind, row in other.items():
        table.setdefault(kind, Row()).add(row)


def total(table: Table) -> Row:
    every = Row()
    for row in table.values():
        every.add(row)
    return every


def markdown(table: Table) -> str:
    """The table in GitHub's form: a row for each kind, and their sum."""
    rows = [*sorted(table.items()), ("**all**", total(table))]
    lines = [HEAD, ("---", *["---:"] * (len(HEAD) - 1)), *[(kind, *_cells(row)) for kind, row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row) -> list[str]:
    counts = (row.rounds, row.accepted, row.lost, row.doubled, row.reordered, row.read_models)
    return [*(f"{count:,}" for count in counts), f"{row.longest_pause:.1f} s"]
