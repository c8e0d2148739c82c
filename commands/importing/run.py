"""An import: the rows of a file become commands, ordered by time for each thing, and a report gives the result of the rows.

It can be killed at any moment and run again. Its id is derived from the file and the mapping, and so is the receipt of each
of its commands: a command that already ran returns its first outcome.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from commands.importing.facts import Group, Part, Plan
from commands.importing.history import carry_out
from commands.importing.mapping import Mapping
from commands.importing.pieces import LARGEST
from commands.importing.reading import Row, Table, read_table, sha256
from commands.importing.report import RefusedRow, Report, Tally
from commands.importing.unusable import Unusable
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
Entry = tuple[datetime, int, int]
"""The time of a row's facts about a thing, the row's index in the file, and the index of the piece; both start at 0."""
Timed = dict[Group, list[Entry]]
"""The entries of all rows, by group."""

STRIDE = 100
# The number of parts kept in memory from the first reading; in a longer file, the other rows are read a second time.
PARTS_KEPT = 100_000
PORTION = 2_500


class ImportInterrupted(Exception):
    """The store did not answer, or the executor ended. Recorded events remain; running the import again continues it."""


def run_import(
    executor: Executor, secret: bytes, mapping: Mapping, file: Path, actor: Actor, progress: Progress | None = None
) -> Report:
    """Imports the file. `progress` is called with the number of rows done and the number of all rows, 0 while it is read.

    What `progress` raises ends the import; a repeat continues it. Raises MappingError and FileUnreadable before anything is
    recorded, ImportInterrupted when a part may be recorded.
    """
    progress = progress or _no_progress
    step = partial(progress, 0, 0)
    digest = sha256(file, step)
    table = read_table(file, mapping.file, step)
    plan = Plan(mapping, table.columns, secret)
    import_id = external_id("import", mapping.system, f"{digest} {mapping.sha256}", secret)
    run = _Run(executor, plan, table, mapping, import_id, actor, progress)
    try:
        return run.run(digest, file.name)
    except (OutcomeUnknown, Overloaded) as error:
        raise ImportInterrupted(str(error) or type(error).__name__) from error


class _Sent(msgspec.Struct, eq=False):
    """The last command sent for a thing, and the lines that give the same facts."""

    facts_digest: bytes
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

    def run(self, digest: str, file_name: str) -> Report:
        for misfit in self._table.misfits:
            reason = f"It has {misfit.fields} fields, but the file has {len(self._table.columns) - 1} columns."
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
        """The entries of all rows. If any part of a row cannot be read, the whole row is refused and has no entry."""
        timed: Timed = {group: [] for group in self._plan.groups}
        for place, row in enumerate(self._table.rows):
            if place % STRIDE == 0:
                self._progress(0, len(self._table.rows))
            try:
                parts = [
                    (group, number, self._plan.part(piece, group))
                    for group in self._plan.groups
                    for number, piece in enumerate(self._plan.rows(row, group))
                ]
            except Unusable as unusable:
                self._refuse(row.line, unusable.field, "unusable", unusable.reason, columns=unusable.columns)
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

    def _run_group(self, place: int, group: Group, entries: list[Entry]) -> None:
        """Runs all rows of a group to their end before the next group starts, so that later groups skip the refused rows.

        Within the group, all pieces of a row are tried.
        """
        last, refused = self._last[group], frozenset(self._tally.refused)
        for _, index, number in entries:
            row = self._table.rows[index]
            part = None if row.line in refused else self._part(row, group, number)
            if part is None:
                self._advance(1)
                continue
            sent = last.get(part.id)
            if sent and part.describes and sent.facts_digest == part.facts_digest:
                self._repeat_result(sent, row.line, place)
            else:
                last[part.id] = sent = _Sent(part.facts_digest, [row.line])
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

    def _repeat_result(self, sent: _Sent, line: int, place: int) -> None:
        """Gives a row the result of the row before it, which gives the same facts. `sent` is that row's command."""
        if sent.outcome is None:
            sent.lines.append(line)
        else:
            self._end(line, sent.outcome, place)

    def _end(self, line: int, outcome: Outcome, place: int) -> None:
        if outcome.refusal is not None:
            command = outcome.refusal.facts.get("command", "")
            columns = self._plan.column_of(self._plan.groups[place], command)
            self._refuse(line, command, outcome.refusal.rule, outcome.refusal.detail, place, columns)
        self._advance(1)

    def _refuse(self, line: int, field: str, rule: str, reason: str, place: int = 0, columns: Sequence[str] = ()) -> None:
        self._tally.tried.add(line)
        done = self._done_before(line, place) if place else ()
        self._tally.refuse(line, RefusedRow(line, field, rule, reason, done, ", ".join(columns)))

    def _done_before(self, line: int, place: int) -> tuple[str, ...]:
        row = self._table.rows[bisect_left(self._table.rows, line, key=lambda row: row.line)]
        before = self._plan.groups[:place]
        parts = (self._plan.part(piece, group) for group in before for piece in self._plan.rows(row, group))
        return tuple(dict.fromkeys(step.name for part in parts if part for step in part.steps))

    def _advance(self, count: int) -> None:
        self._done += count
        if self._done % STRIDE == 0:
            rows = len(self._table.rows)
            self._progress(rows * self._done // self._to_do, rows)

    # The import itself

    def _started(self, digest: str, file_name: str) -> None:
        outcome = self._run_command(
            imports.start,
            file_sha256=digest,
            mapping_sha256=self._mapping.sha256,
            system=self._mapping.system,
            cut_off=self._mapping.complete_up_to,
            file_name=file_name,
        )
        # With the same digests, only the file's name can differ.
        if outcome.refusal and not isinstance(outcome.refusal, ImportAlreadyStarted):
            raise outcome.refusal
        self._began = outcome.position

    def _completed(self, seconds: float) -> Report:
        tally = self._tally
        in_all, now = tally.accepted(all_runs=True), tally.accepted(all_runs=False)
        tried, refused = len(tally.tried), len(tally.refused)
        outcome = self._run_command(
            imports.complete,
            rows=tried,
            accepted=len(in_all),
            repeated=tried - refused - len(in_all),
            refused=refused,
            irregular=tally.irregular(in_all),
        )
        # An import that was already completed keeps its first counts, even if refused rows are accepted now.
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

    def _run_command(self, function: Callable[..., Any], **facts: Any) -> Outcome:
        """Runs a command on the import itself; it happens now."""
        context = Context(now=datetime.now(UTC), actor=self._actor, origin="import", correlation_id=self._import_id)
        command = Command(function, {"import_id": self._import_id, **facts}, context)
        ended: list[Outcome] = []
        self._window.submit(command, ended.append)
        self._window.drain()
        return ended[0]


def _portions(timed: Timed) -> Iterator[Timed]:
    """The portions, to run one after the other. Within a portion, each group's entries are in the order of time.

    If all facts of a row have the same time, the order of the rows is the same for all groups. Then a portion is a few
    thousand rows with all their groups, so that a row's customer is still cached when the row's order is placed. Otherwise
    all entries are one portion.
    """
    ordered = {group: sorted(entries) for group, entries in timed.items()}
    moments: dict[int, datetime] = {}
    if any(moments.setdefault(place, at) != at for entries in timed.values() for at, place, _ in entries):
        yield ordered
        return
    whole = sorted((at, place) for place, at in moments.items())
    for start in range(0, len(whole), PORTION):
        first, last = whole[start], whole[min(start + PORTION, len(whole)) - 1]
        yield {
            group: entries[bisect_left(entries, (*first, 0)) : bisect_right(entries, (*last, LARGEST))]
            for group, entries in ordered.items()
        }


def _no_progress(done: int, rows: int) -> None:
    """Ignores the progress."""
