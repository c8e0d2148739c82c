"""The report of an import: the result of each row."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import msgspec

KEPT = 1_000


class RefusedRow(msgspec.Struct, frozen=True):
    """A refused row. `field` is the mapping's key of the value that does not fit, or the refused command.

    `column` names the columns that this value is read from, joined by commas; it is empty if a rule refused the whole command.
    `done` names the row's commands that ran before the refused one; their events remain.
    """

    line: int
    field: str
    rule: str
    reason: str
    done: tuple[str, ...] = ()
    column: str = ""


class Report(msgspec.Struct, kw_only=True):
    """Counts of rows. Each row is accepted (it recorded something), repeated (all was already recorded), refused, or skipped.

    `irregular` counts accepted rows by the rule that they break, `refused_by_rule` the refused rows by rule; `refusals` are
    the first refused rows. `commands` is the number of commands that ran in `seconds`; `position` is the log's position when
    the import ended.
    """

    import_id: UUID
    system: str
    rows: int = 0
    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    skipped: int = 0
    irregular: dict[str, int] = {}
    refused_by_rule: dict[str, int] = {}
    refusals: list[RefusedRow] = []
    commands: int = 0
    seconds: float = 0.0
    position: int = 0

    @property
    def commands_per_second(self) -> float:
        return self.commands / self.seconds if self.seconds else 0.0


class Tally:
    """Collects the results of the rows, by line, as their commands end."""

    def __init__(self) -> None:
        self.refused: dict[int, RefusedRow] = {}
        self.tried: set[int] = set()
        self._now: set[int] = set()
        self._before: set[int] = set()
        self._irregular: dict[int, set[str]] = {}

    def refuse(self, line: int, refused: RefusedRow) -> None:
        self.refused.setdefault(line, refused)

    def accept(self, line: int, irregular: tuple[str, ...], *, now: bool) -> None:
        """The row recorded something: in this run (`now`), or in an earlier one that was interrupted."""
        (self._now if now else self._before).add(line)
        if irregular:
            self._irregular.setdefault(line, set()).update(irregular)

    def accepted(self, *, all_runs: bool) -> set[int]:
        return ((self._now | self._before) if all_runs else self._now) - self.refused.keys()

    def irregular(self, rows: set[int]) -> dict[str, int]:
        counts = Counter(rule for line, rules in self._irregular.items() if line in rows for rule in rules)
        return dict(sorted(counts.items()))

    def refused_by_rule(self) -> dict[str, int]:
        return dict(sorted(Counter(refused.rule for refused in self.refused.values()).items()))

    def refusals(self) -> list[RefusedRow]:
        return [self.refused[line] for line in sorted(self.refused)[:KEPT]]
