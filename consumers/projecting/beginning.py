"""The first start of a read model: its tables, and its positions at the start of the log."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Table

from infra.read_models.database import ReadModels
from infra.read_models.positions import all_registered, begin
from infra.read_models.tables import create_tables, prepare, wait_for_others
from projections.shared.projection import Projection


def begin_new(projections: Iterable[Projection], read_models: ReadModels, partitions: int, topic_id: str) -> None:
    """Begin those that were never started. Tables of those that wait for a rebuild are left as they are."""
    prepare(read_models)
    with read_models.writer.begin() as connection:
        wait_for_others(connection)
        known = all_registered(connection)
        tables: list[Table] = []
        for projection in projections:
            if projection.name not in known:
                begin(connection, projection.name, projection.version, partitions, topic_id)
            if projection.name not in known or known[projection.name][:2] == (projection.version, partitions):
                tables += projection.tables
        create_tables(connection, tables)
