"""What can be asked of imports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.operations.imports import Import


def start(
    work: UnitOfWork,
    *,
    import_id: UUID,
    file_sha256: str,
    mapping_sha256: str,
    system: str,
    cut_off: datetime | None = None,
    file_name: str | None = None,
) -> Import:
    """`cut_off` is the time up to which the file is complete."""
    run = work.load(Import, import_id)
    run.start(
        work.context,
        file_sha256=file_sha256,
        mapping_sha256=mapping_sha256,
        system=system,
        cut_off=cut_off,
        file_name=file_name,
    )
    return run


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
    """The counts of rows, by what became of them."""
    run = work.existing(Import, import_id)
    run.complete(work.context, rows=rows, accepted=accepted, repeated=repeated, refused=refused, irregular=irregular or {})
    return run
