"""The commands on imports."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from commands.shared.deciding import begins
from commands.shared.unit_of_work import UnitOfWork
from domain.operations.imports import Import

start = begins(Import, Import.start)
"""`cut_off` is the time up to which the file is complete."""


def decide_nothing(work: UnitOfWork, *, import_id: UUID) -> Import:
    """Records nothing: for facts of the source that are known to be no news."""
    return work.existing(Import, import_id)


def complete(
    work: UnitOfWork,
    *,
    import_id: UUID,
    rows: int,
    accepted: int,
    repeated: int,
    refused: int,
    irregular: Mapping[str, int] | None = None,
) -> Import:
    """Records the numbers of rows by their result."""
    run = work.existing(Import, import_id)
    run.complete(work.context, rows=rows, accepted=accepted, repeated=repeated, refused=refused, irregular=irregular or {})
    return run
