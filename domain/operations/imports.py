"""An import: the file, its mapping, and the counts of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, Event, Metadata
from domain.shared.personal import Personal
from domain.shared.refusals import AlreadyThere, Malformed
from domain.shared.text import code, digest, optional_text


class ImportAlreadyStarted(AlreadyThere):
    """An import with this id was already started, with another file, mapping or other values."""


class ImportAlreadyCompleted(AlreadyThere):
    """The import was already completed, with other counts."""


class CountsDoNotAddUp(Malformed):
    """Accepted, repeated and refused rows must add up to all rows, and irregular rows must not exceed accepted rows."""


class Started(Event, frozen=True, tag="crm.import.started.v2"):
    """`system` is the source system of the rows. `cut_off` is the time up to which the file is complete.

    The digest of the file is personal: a file may have one row, and a guess of it could be tested.
    """

    mapping_sha256: str
    system: str
    cut_off: datetime | None = None
    file_sha256: Personal[str] = None
    file_name: Personal[str] = None

    def apply(self, run: Import, metadata: Metadata) -> None:
        run.started = self


class Completed(Event, frozen=True, tag="crm.import.completed.v1"):
    """Counts of rows. Only accepted rows recorded events. `irregular` counts the flagged accepted rows, by rule."""

    rows: int
    accepted: int
    repeated: int
    refused: int
    irregular: dict[str, int] = msgspec.field(default_factory=dict)

    def apply(self, run: Import, metadata: Metadata) -> None:
        run.completed = self


class Import(Aggregate):
    name = "import"
    events = (Started, Completed)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.started: Started | None = None
        self.completed: Completed | None = None

    @decision
    def start(
        self,
        context: Context,
        *,
        file_sha256: str,
        mapping_sha256: str,
        system: str,
        cut_off: datetime | None = None,
        file_name: str | None = None,
    ) -> None:
        """Starting an interrupted import again records nothing. Raises ImportAlreadyStarted or Malformed."""
        if cut_off is not None and cut_off.tzinfo is None:
            raise Malformed("The cut-off must have an offset from UTC.")
        started = Started(
            file_sha256=digest(file_sha256, "digest of the file"),
            mapping_sha256=digest(mapping_sha256, "digest of the mapping"),
            system=code(system, "system"),
            cut_off=cut_off,
            file_name=optional_text(file_name, "file name"),
        )
        if self.started is None:
            self.record(context, started)
        elif self.started != started:
            raise ImportAlreadyStarted(id=self.id)

    @decision
    def complete(
        self, context: Context, *, rows: int, accepted: int, repeated: int, refused: int, irregular: Mapping[str, int]
    ) -> None:
        """Raises NotThere, ImportAlreadyCompleted, CountsDoNotAddUp."""
        self.require()
        counts = (accepted, repeated, refused, *irregular.values())
        if min(counts) < 0 or accepted + repeated + refused != rows or max(irregular.values(), default=0) > accepted:
            raise CountsDoNotAddUp
        completed = Completed(
            rows=rows,
            accepted=accepted,
            repeated=repeated,
            refused=refused,
            irregular={code(rule, "rule"): count for rule, count in sorted(irregular.items())},
        )
        if self.completed is None:
            self.record(context, completed)
        elif self.completed != completed:
            raise ImportAlreadyCompleted(id=self.id)
