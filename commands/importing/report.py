"""The report of an import: the result of each row."""

from __future__ import annotations

from array import array
from collections import Counter
from heapq import heappush, heapreplace
from uuid import UUID

import msgspec

KEPT = 1_000
LINES = 64 * 1024
TRIED, REFUSED, NOW, BEFORE, ALL = 1, 2, 4, 8, 16
"""The results of a row. `NOW` and `BEFORE`: it recorded something, in this run or in an earlier one."""


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
    """Collects the results of the rows, by line, as their commands end: three bytes for each line, and the first refusals.

    The rules that a row breaks are a number: their index in `_rules`.
    """

    def __init__(self) -> None:
        self._results = bytearray()
        self._broken = array("H")
        self._rules: list[frozenset[str]] = [frozenset()]
        self._by_rule: Counter[str] = Counter()
        self._first: dict[int, RefusedRow] = {}
        self._worst: list[int] = []

    def tries(self, line: int) -> None:
        self._mark(line, TRIED)

    def refuse(self, line: int, refused: RefusedRow) -> None:
        """The row is refused; its first refusal counts."""
        if self.is_refused(line):
            return
        self._mark(line, TRIED | REFUSED)
        self._by_rule[refused.rule] += 1
        if len(self._first) < KEPT:
            heappush(self._worst, -line)
        elif line < -self._worst[0]:
            del self._first[-heapreplace(self._worst, -line)]
        else:
            return
        self._first[line] = refused

    def accept(self, line: int, irregular: tuple[str, ...], *, now: bool) -> None:
        """The row recorded something: in this run (`now`), or in an earlier one that was interrupted."""
        self._mark(line, NOW if now else BEFORE)
        if irregular:
            rules = self._rules[self._broken[line]].union(irregular)
            if rules not in self._rules:
                self._rules.append(rules)
            self._broken[line] = self._rules.index(rules)

    def is_refused(self, line: int) -> bool:
        return line < len(self._results) and bool(self._results[line] & REFUSED)

    @property
    def tried(self) -> int:
        return self._count(TRIED)

    @property
    def refused(self) -> int:
        return self._count(REFUSED)

    def accepted(self, *, all_runs: bool) -> int:
        return sum(self._results.count(result) for result in _accepted(all_runs))

    def irregular(self, *, all_runs: bool) -> dict[str, int]:
        accepted = _accepted(all_runs)
        ways = Counter(way for way, result in zip(self._broken, self._results, strict=True) if way and result in accepted)
        counts: Counter[str] = Counter()
        for way, rows in ways.items():
            counts.update(dict.fromkeys(self._rules[way], rows))
        return dict(sorted(counts.items()))

    def refused_by_rule(self) -> dict[str, int]:
        return dict(sorted(self._by_rule.items()))

    def refusals(self) -> list[RefusedRow]:
        return [self._first[line] for line in sorted(self._first)]

    def _mark(self, line: int, result: int) -> None:
        if line >= len(self._results):
            more = max(line + 1 - len(self._results), LINES)
            self._results += bytes(more)
            self._broken.frombytes(bytes(more * self._broken.itemsize))
        self._results[line] |= result

    def _count(self, result: int) -> int:
        return sum(self._results.count(one) for one in range(ALL) if one & result)


def _accepted(all_runs: bool) -> set[int]:
    """The results of rows that recorded something and were not refused later."""
    wanted = NOW | BEFORE if all_runs else NOW
    return {result for result in range(ALL) if result & wanted and not result & REFUSED}
