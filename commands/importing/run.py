"""An import: the rows of a file become commands, ordered by time for each thing, and a report gives the result of the rows.

It can be killed at any moment and run again. Its id is derived from the file and the mapping, and so is the receipt of each
of its commands: a command that already ran returns its first outcome.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from commands.importing.facts import Group, Part, Plan
from commands.importing.history import carry_out
from commands.importing.last_said import LastSaid, Place, Refused, Said
from commands.importing.mapping import Mapping, MappingError
from commands.importing.on_disk import Entry, Rows, microseconds
from commands.importing.reading import Misfit, Row, Table, read_table, sha256
from commands.importing.report import RefusedRow, Report, Tally
from commands.importing.timed import Timed
from commands.importing.unusable import Unusable
from commands.importing.window import Window
from commands.operations import imports
from commands.shared.batch import Command
from commands.shared.commit import ReceiptKey, source_fact
from commands.shared.executor import Executor, OutcomeUnknown, Overloaded
from commands.shared.outcome import Outcome
from domain.operations.imports import ImportAlreadyCompleted, ImportAlreadyStarted
from domain.shared.events import Actor, Context, Source
from domain.shared.ids import external_id, new_id

Progress = Callable[[int, int], None]

STRIDE = 100
# The number of parts kept in memory from the first reading; in a longer file, the other rows are read a second time.
PARTS_KEPT = 20_000
PORTION = 2_560
SAME = 1_000
"""So many rows in a row may give the same facts before the result of the first is waited for."""


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
    try:
        plan = Plan(mapping, table.columns, secret)
    except MappingError:
        # If the file cannot be read as the mapping describes it, that is why its columns do not fit.
        for _ in table.rows:
            """Raises FileUnreadable."""
        raise
    import_id = external_id("import", mapping.system, f"{digest} {mapping.sha256}", secret)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="import-")))
        run = _Run(executor, plan, table, mapping, import_id, actor, progress, folder, stack)
        try:
            return run.run(digest, file.name)
        except (OutcomeUnknown, Overloaded) as error:
            raise ImportInterrupted(str(error) or type(error).__name__) from error
        except OSError as error:
            raise ImportInterrupted(f"A temporary file cannot be used: {error.strerror}.") from error


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
        folder: Path,
        stack: ExitStack,
    ) -> None:
        self._executor, self._plan, self._table, self._mapping = executor, plan, table, mapping
        self._import_id, self._actor, self._progress = import_id, actor, progress
        self._window, self._tally = Window(executor), Tally()
        self._parts: dict[tuple[int, Group, int], Part] = {}
        self._folder, self._stack = folder, stack
        self._on_disk = stack.enter_context(closing(Rows(folder / "rows")))
        self._last: list[LastSaid] = []
        self._refused_here: set[int] = set()
        self._unchanging: list[ReceiptKey] = []
        self._began = 0
        self._commands = 0
        self._rows = 0
        self._done, self._to_do = 0, 1

    def run(self, digest: str, file_name: str) -> Report:
        timed = Timed(self._plan.groups, self._folder, self._stack)
        self._read(timed)
        self._started(digest, file_name)
        since = time.perf_counter()
        self._to_do = len(timed) or 1
        for place in range(len(self._plan.groups)):
            self._last.append(self._stack.enter_context(closing(LastSaid(self._folder, f"said-{place}", timed.size(place)))))
        for portion in timed.portions(PORTION):
            for place, entries in enumerate(portion):
                self._run_group(place, entries)
        return self._completed(time.perf_counter() - since)

    # Rows

    def _read(self, timed: Timed) -> None:
        """Reads all rows. If any part of a row cannot be read, the whole row is refused and has no entry."""
        for row in self._table.rows:
            self._rows += 1
            if self._rows % STRIDE == 0:
                self._progress(0, 0)
            if isinstance(row, Misfit):
                reason = f"It has {row.fields} fields, but the file has {len(self._table.columns) - 1} columns."
                self._refuse(row.line, "columns", "unusable", reason)
                continue
            try:
                parts = [
                    (place, number, self._plan.part(piece, group))
                    for place, group in enumerate(self._plan.groups)
                    for number, piece in enumerate(self._plan.rows(row, group))
                ]
            except Unusable as unusable:
                self._refuse(row.line, unusable.field, "unusable", unusable.reason, columns=unusable.columns)
                continue
            self._keep(row, [(place, number, part) for place, number, part in parts if part is not None], timed)

    def _keep(self, row: Row, parts: Sequence[tuple[int, int, Part]], timed: Timed) -> None:
        if not parts:
            return
        self._tally.tries(row.line)
        on_disk = self._on_disk.put(row)
        timed.put([(place, Entry(microseconds(part.at), row.line, number, on_disk)) for place, number, part in parts])
        for place, number, part in parts:
            if len(self._parts) < PARTS_KEPT:
                self._parts[row.line, self._plan.groups[place], number] = part

    def _part(self, entry: Entry, group: Group) -> tuple[Row, Part | None]:
        row = self._on_disk.get(entry.place)
        kept = self._parts.pop((entry.line, group, entry.number), None)
        return row, kept or self._plan.part(self._plan.rows(row, group)[entry.number], group)

    def _run_group(self, place: int, entries: Iterable[Entry]) -> None:
        """Runs all rows of a group to their end before the next group starts, so that later groups skip the refused rows.

        Within the group, all pieces of a row are tried.
        """
        group, last, self._refused_here = self._plan.groups[place], self._last[place], set()
        for entry in entries:
            line = entry.line
            if self._tally.is_refused(line) and line not in self._refused_here:
                self._advance(1)
                continue
            row, part = self._part(entry, group)
            if part is None:
                self._advance(1)
                continue
            said = last.get(part.id)
            if said and part.describes and said.facts_digest == part.facts_digest:
                facts = () if part.begins else source_fact(self._source(part, line), part.id)
                self._repeat_result(said, Place(line, entry.place, facts), place)
            else:
                said = Said(part.facts_digest, [Place(line, entry.place)])
                last.put(part.id, said)
                self._window.submit(self._command(part, row, f"{place}:{entry.number}"), partial(self._settle, said, place))
                self._commands += len(part.steps)
            if len(self._unchanging) >= SAME:
                self._remember()
        self._window.drain()
        self._remember()

    def _remember(self) -> None:
        """Keeps the facts that a row before theirs gave too: they are decided, also if a later export lacks that row."""
        if self._unchanging:
            facts, self._unchanging = self._unchanging, []
            self._run_command(imports.decide_nothing, decides=facts)

    def _source(self, part: Part, line: int) -> Source:
        return Source(system=self._mapping.system, event_id=part.event_id, import_id=self._import_id, row=line)

    def _command(self, part: Part, row: Row, place: str) -> Command:
        context = Context(
            now=datetime.now(UTC),
            actor=self._actor,
            origin="import",
            occurred_at=part.at,
            source=self._source(part, row.line),
            command_id=new_id(),
            correlation_id=self._import_id,
            distinct=part.distinct,
        )
        receipt = ReceiptKey(f"import:{self._import_id}", f"{row.line}:{place}", self._import_id.bytes)
        facts, decides = {"steps": part.steps, **part.named}, () if part.begins else source_fact(context.source, part.id)
        return Command(carry_out, facts, context, target=part.id, receipt=receipt, decides=decides)

    # Ends

    def _settle(self, said: Said, place: int, outcome: Outcome) -> None:
        refusal = outcome.refusal
        said.ended = True
        if refusal is not None:
            said.refused = Refused(refusal.facts.get("command", ""), refusal.rule, refusal.detail)
        elif outcome.changed:
            self._tally.accept(said.rows[0].line, outcome.irregular, now=outcome.position > self._began)
        for row in said.rows:
            self._end(row, said.refused, place)
        said.rows = []

    def _repeat_result(self, said: Said, row: Place, place: int) -> None:
        """Gives a row the result of the row before it, which gives the same facts. `said` is that row's command."""
        if len(said.rows) == SAME:
            self._window.drain()
        if said.ended:
            self._end(row, said.refused, place)
        else:
            said.rows.append(row)

    def _end(self, row: Place, refused: Refused | None, place: int) -> None:
        if refused is not None:
            columns = self._plan.column_of(self._plan.groups[place], refused.command)
            done = self._done_before(row, place) if place else ()
            if self._plan.groups[place].each and not self._tally.is_refused(row.line):
                self._refused_here.add(row.line)
            self._refuse(row.line, refused.command, refused.rule, refused.reason, done, columns)
        else:
            self._unchanging += row.facts
        self._advance(1)

    def _refuse(
        self, line: int, field: str, rule: str, reason: str, done: tuple[str, ...] = (), columns: Sequence[str] = ()
    ) -> None:
        self._tally.refuse(line, RefusedRow(line, field, rule, reason, done, ", ".join(columns)))

    def _done_before(self, row: Place, place: int) -> tuple[str, ...]:
        whole = self._on_disk.get(row.place)
        before = self._plan.groups[:place]
        parts = (self._plan.part(piece, group) for group in before for piece in self._plan.rows(whole, group))
        return tuple(dict.fromkeys(step.name for part in parts if part for step in part.steps))

    def _advance(self, count: int) -> None:
        self._done += count
        if self._done % STRIDE == 0:
            self._progress(self._rows * self._done // self._to_do, self._rows)

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
        tried, refused = tally.tried, tally.refused
        outcome = self._run_command(
            imports.complete,
            rows=tried,
            accepted=in_all,
            repeated=tried - refused - in_all,
            refused=refused,
            irregular=tally.irregular(all_runs=True),
        )
        # An import that was already completed keeps its first counts, even if refused rows are accepted now.
        if outcome.refusal and not isinstance(outcome.refusal, ImportAlreadyCompleted):
            raise outcome.refusal
        self._progress(self._rows, self._rows)
        return Report(
            import_id=self._import_id,
            system=self._mapping.system,
            rows=self._rows,
            accepted=now,
            repeated=tried - refused - now,
            refused=refused,
            skipped=self._rows - tried,
            irregular=tally.irregular(all_runs=False),
            refused_by_rule=tally.refused_by_rule(),
            refusals=tally.refusals(),
            commands=self._commands,
            seconds=seconds,
            position=outcome.position,
        )

    def _run_command(self, function: Callable[..., Any], decides: Sequence[ReceiptKey] = (), **facts: Any) -> Outcome:
        """Runs a command on the import itself; it happens now."""
        context = Context(now=datetime.now(UTC), actor=self._actor, origin="import", correlation_id=self._import_id)
        command = Command(function, {"import_id": self._import_id, **facts}, context, decides=decides)
        ended: list[Outcome] = []
        self._window.submit(command, ended.append)
        self._window.drain()
        return ended[0]


def _no_progress(done: int, rows: int) -> None:
    """Ignores the progress."""
