"""An import: the rows of a file become commands, in the order of time for each thing, and a report says what became of them.

It can be killed at any moment and run again. Its id is derived from the file and the mapping, and so is the receipt of each
of its commands: one that was carried out before answers as the first time.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from commands.importing.expressions import Unusable
from commands.importing.facts import Group, Part, Plan
from commands.importing.history import carry_out
from commands.importing.mapping import Mapping
from commands.importing.pieces import LARGEST
from commands.importing.reading import Row, Table, read_table, sha256
from commands.importing.report import RefusedRow, Report, Tally
from commands.importing.window import Window
from commands.operations import imports
from commands.shared.batch import Command
from commands.shared.commit import ReceiptKey
from commands.shared.executor import Executor, OutcomeUnknown, Overloaded
from commands.shared.outcome import Outcome
from domain.operations.imports import ImportAlreadyCompleted, ImportAlreadyStarted
from domain.shared.events import Actor, Context, Source
from domain.shared.ids import external_id, new_id

Progress = Callable[[int, int], None]
Told = tuple[datetime, int, int]
"""When something is told, by which row of the file, and for which of the rows that it is for a thing; both from 0."""
Timed = dict[Group, list[Told]]
"""By thing, all that rows have to say of it."""

STRIDE = 100
# So many parts are kept from the first reading; of a longer file the rest is read again, for want of memory.
PARTS_KEPT = 100_000
PORTION = 2_500


class ImportInterrupted(Exception):
    """The store did not answer, or the executor ended. What was done stands; the same import again does the rest."""


def run_import(
    executor: Executor, secret: bytes, mapping: Mapping, file: Path, actor: Actor, progress: Progress | None = None
) -> Report:
    """Import the file. `progress` hears how many rows are done, and of how many.

    Raises MappingError and FileUnreadable with nothing done, ImportInterrupted with part of it done.
    """
    digest = sha256(file)
    table = read_table(file, mapping.file)
    plan = Plan(mapping, table.columns, secret)
    import_id = external_id("import", mapping.system, f"{digest} {mapping.sha256}", secret)
    run = _Run(executor, plan, table, mapping, import_id, actor, progress or _unheard)
    try:
        return run.whole(digest, file.name)
    except (OutcomeUnknown, Overloaded) as error:
        raise ImportInterrupted(str(error) or type(error).__name__) from error


class _Sent(msgspec.Struct, eq=False):
    """The last that was sent about a thing, and the lines that say it."""

    says: bytes
    lines: list[int]
    outcome: Outcome | None = None


class _Run:
    def __init__(
        self,
        executor: Executor,
        plan: Plan,
        table: Table,
        mapping: Mapping,
        import_id: UUID,
        actor: Actor,
        progress: Progress,
    ) -> None:
        self._executor, self._plan, self._table, self._mapping = executor, plan, table, mapping
        self._import_id, self._actor, self._progress = import_id, actor, progress
        self._window, self._tally = Window(executor), Tally()
        self._parts: dict[tuple[int, Group, int], Part] = {}
        self._last: dict[Group, dict[UUID, _Sent]] = {group: {} for group in plan.groups}
        self._began = 0
        self._commands = 0
        self._done, self._to_do = 0, 1

    def whole(self, digest: str, file_name: str) -> Report:
        for misfit in self._table.misfits:
            reason = f"It has {misfit.fields} fields, and the file {len(self._table.columns) - 1} columns."
            self._refuse(misfit.line, "columns", "unusable", reason)
        timed = self._timed()
        self._started(digest, file_name)
        since = time.perf_counter()
        self._to_do = sum(map(len, timed.values())) or 1
        for portion in _portions(timed):
            for place, group in enumerate(self._plan.groups):
                self._run_group(place, group, portion[group])
        return self._completed(time.perf_counter() - since)

    # Rows

    def _timed(self) -> Timed:
        """When each row has something to say of each thing. A row that cannot be read whole says nothing at all."""
        timed: Timed = {group: [] for group in self._plan.groups}
        for place, row in enumerate(self._table.rows):
            try:
                parts = [
                    (group, number, self._plan.part(told, group))
                    for group in self._plan.groups
                    for number, told in enumerate(self._plan.rows(row, group))
                ]
            except Unusable as unusable:
                self._refuse(row.line, unusable.field, "unusable", unusable.reason)
                continue
            for group, number, part in parts:
                if part is not None:
                    timed[group].append((part.at, place, number))
                    self._tally.tried.add(row.line)
                    if len(self._parts) < PARTS_KEPT:
                        self._parts[row.line, group, number] = part
        return timed

    def _part(self, row: Row, group: Group, number: int) -> Part | None:
        kept = self._parts.pop((row.line, group, number), None)
        return kept or self._plan.part(self._plan.rows(row, group)[number], group)

    def _run_group(self, place: int, group: Group, told: list[Told]) -> None:
        """All rows have ended before the next group begins, so that no refused row goes on; of one row all pieces are tried."""
        last, refused = self._last[group], frozenset(self._tally.refused)
        for _, index, number in told:
            row = self._table.rows[index]
            part = None if row.line in refused else self._part(row, group, number)
            if part is None:
                self._advance(1)
                continue
            sent = last.get(part.id)
            if sent and part.describes and sent.says == part.says:
                self._say_again(sent, row.line, place)
            else:
                last[part.id] = sent = _Sent(part.says, [row.line])
                self._window.submit(self._command(part, row, f"{place}:{number}"), partial(self._settle, sent, place))
                self._commands += len(part.steps)
        self._window.drain()

    def _command(self, part: Part, row: Row, place: str) -> Command:
        context = Context(
            now=datetime.now(UTC),
            actor=self._actor,
            origin="import",
            occurred_at=part.at,
            source=Source(system=self._mapping.system, event_id=part.event_id, import_id=self._import_id, row=row.line),
            command_id=new_id(),
            correlation_id=self._import_id,
            distinct=part.distinct,
        )
        receipt = ReceiptKey(f"import:{self._import_id}", f"{row.line}:{place}", self._import_id.bytes)
        return Command(carry_out, {"steps": part.steps, **part.named}, context, receipt=receipt)

    # Ends

    def _settle(self, sent: _Sent, place: int, outcome: Outcome) -> None:
        sent.outcome = outcome
        if outcome.refusal is None and outcome.changed:
            self._tally.accept(sent.lines[0], outcome.irregular, now=outcome.position > self._began)
        for line in sent.lines:
            self._end(line, outcome, place)

    def _say_again(self, sent: _Sent, line: int, place: int) -> None:
        """A row that says the same as the one before it ends as that one did."""
        if sent.outcome is None:
            sent.lines.append(line)
        else:
            self._end(line, sent.outcome, place)

    def _end(self, line: int, outcome: Outcome, place: int) -> None:
        if outcome.refusal is not None:
            command = outcome.refusal.facts.get("command", "")
            self._refuse(line, command, outcome.refusal.rule, outcome.refusal.detail, place)
        self._advance(1)

    def _refuse(self, line: int, field: str, rule: str, reason: str, place: int = 0) -> None:
        self._tally.tried.add(line)
        done = self._done_before(line, place) if place else ()
        self._tally.refuse(line, RefusedRow(line, field, rule, reason, done))

    def _done_before(self, line: int, place: int) -> tuple[str, ...]:
        row = self._table.rows[bisect_left(self._table.rows, line, key=lambda row: row.line)]
        before = self._plan.groups[:place]
        parts = (self._plan.part(told, group) for group in before for told in self._plan.rows(row, group))
        return tuple(dict.fromkeys(step.name for part in parts if part for step in part.steps))

    def _advance(self, count: int) -> None:
        self._done += count
        if self._done % STRIDE == 0:
            rows = len(self._table.rows)
            self._progress(rows * self._done // self._to_do, rows)

    # The import itself

    def _started(self, digest: str, file_name: str) -> None:
        outcome = self._told(
            imports.start,
            file_sha256=digest,
            mapping_sha256=self._mapping.sha256,
            system=self._mapping.system,
            cut_off=self._mapping.complete_up_to,
            file_name=file_name,
        )
        # Under the same digests only the file's name can be another.
        if outcome.refusal and not isinstance(outcome.refusal, ImportAlreadyStarted):
            raise outcome.refusal
        self._began = outcome.position

    def _completed(self, seconds: float) -> Report:
        tally = self._tally
        ever, now = tally.accepted(ever=True), tally.accepted(ever=False)
        tried, refused = len(tally.tried), len(tally.refused)
        outcome = self._told(
            imports.complete,
            rows=tried,
            accepted=len(ever),
            repeated=tried - refused - len(ever),
            refused=refused,
            irregular=tally.irregular(ever),
        )
        # An import that was completed long ago, or whose refused rows are accepted now, keeps its first counts.
        if outcome.refusal and not isinstance(outcome.refusal, ImportAlreadyCompleted):
            raise outcome.refusal
        rows = len(self._table.rows) + len(self._table.misfits)
        self._progress(len(self._table.rows), len(self._table.rows))
        return Report(
            import_id=self._import_id,
            system=self._mapping.system,
            rows=rows,
            accepted=len(now),
            repeated=tried - refused - len(now),
            refused=refused,
            skipped=rows - tried,
            irregular=tally.irregular(now),
            refused_by_rule=tally.refused_by_rule(),
            refusals=tally.refusals(),
            commands=self._commands,
            seconds=seconds,
            position=outcome.position,
        )

    def _told(self, function: Callable[..., Any], **facts: Any) -> Outcome:
        """A command on the import itself, which happens now."""
        context = Context(now=datetime.now(UTC), actor=self._actor, origin="import", correlation_id=self._import_id)
        command = Command(function, {"import_id": self._import_id, **facts}, context)
        ended: list[Outcome] = []
        self._window.submit(command, ended.append)
        self._window.drain()
        return ended[0]


def _portions(timed: Timed) -> Iterator[Timed]:
    """What to run, one after the other; in each, all rows for the first thing in the order of time, then those for the next.

    Where a row says all at one time, the order of time is that of the rows for every thing alike: then a few rows are run for
    all things before the next few, so that a row's customer is still in memory when its order comes.
    """
    ordered = {group: sorted(told) for group, told in timed.items()}
    moments: dict[int, datetime] = {}
    if any(moments.setdefault(place, at) != at for told in timed.values() for at, place, _ in told):
        yield ordered
        return
    whole = sorted((at, place) for place, at in moments.items())
    for start in range(0, len(whole), PORTION):
        first, last = whole[start], whole[min(start + PORTION, len(whole)) - 1]
        yield {
            group: told[bisect_left(told, (*first, 0)) : bisect_right(told, (*last, LARGEST))]
            for group, told in ordered.items()
        }


def _unheard(done: int, rows: int) -> None:
    """Nobody follows the progress."""
