"""`python -m tests.benchmarks.bytes`: how many bytes an event takes in the log and in read models, by table and index.

The events are those of the CDNOW sample, imported and folded into every read model. On SQLite, bytes are the pages of the file
after VACUUM, as `dbstat` counts them. On PostgreSQL they are `pg_table_size` of each table (with TOAST and its maps) and
`pg_relation_size` of each index, after VACUUM FULL. `--as-written` measures before that: with the space that is free in pages.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sqlalchemy import create_engine, text

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from infra.event_store.postgres_checks import TABLES
from infra.processes import logs
from infra.read_models.tables import prepare
from infra.servers.postgres import Postgres
from infra.settings import Settings
from infra.wiring import Deployment, deploy
from tests.benchmarks.pipeline import ACTOR, SAMPLE
from tests.benchmarks.recount import MASTER_KEY, deployed, rebuild_all_of

FILE = "CDNOW_sample.txt"
LOG = {"stored_events", *TABLES}
IN_SQLITE = (
    "SELECT found.tbl_name, pages.name, sum(pages.pgsize) FROM dbstat AS pages"
    " LEFT JOIN sqlite_schema AS found ON found.name = pages.name GROUP BY pages.name"
)
IN_POSTGRES = (
    "SELECT coalesce(of_index.relname, class.relname), class.relname,"
    " CASE class.relkind WHEN 'r' THEN pg_table_size(class.oid) ELSE pg_relation_size(class.oid) END"
    " FROM pg_class AS class LEFT JOIN pg_index AS index ON index.indexrelid = class.oid"
    " LEFT JOIN pg_class AS of_index ON of_index.oid = index.indrelid"
    " WHERE class.relkind IN ('r', 'i') AND class.relnamespace = 'public'::regnamespace"
)


class Part(NamedTuple):
    """A table, or one of its indexes."""

    table: str
    name: str
    bytes: int


class Size(NamedTuple):
    """What a number of events takes."""

    events: int
    log: Sequence[Part]
    read_models: Sequence[Part]

    def per_event(self, parts: Sequence[Part]) -> float:
        return sum(part.bytes for part in parts) / self.events

    def lines(self) -> Iterator[str]:
        """The bytes of an event, the largest table first."""
        for title, parts in (("log", self.log), ("read models", self.read_models)):
            yield f"{title}: {self.per_event(parts):.0f} bytes an event"
            by_table: Mapping[str, list[Part]] = defaultdict(list)
            for part in parts:
                by_table[part.table].append(part)
            for table, its in sorted(by_table.items(), key=lambda one: -self.per_event(one[1])):
                if (whole := self.per_event(its)) >= 1:
                    yield f"  {table:<28} {whole:7.1f}   {self._apart(its)}"

    def _apart(self, parts: Sequence[Part]) -> str:
        return ", ".join(f"{part.name} {self.per_event([part]):.0f}" for part in sorted(parts, key=lambda part: -part.bytes))


@contextmanager
def in_sqlite(folder: Path) -> Iterator[Deployment]:
    with closing(deploy(Settings(home=folder, master_key=MASTER_KEY))) as deployment:
        prepare(deployment.read_models)
        yield deployment


@contextmanager
def in_postgres(url: str) -> Iterator[Deployment]:
    with closing(deployed(url, "127.0.0.1:1")) as deployment:
        yield deployment


def fill(deployment: Deployment, file: Path) -> int:
    """Import the file and fold its events into every read model; returns their number."""
    mapping, executor = parse_mapping((SAMPLE / "cdnow.toml").read_bytes()), deployment.executor()
    run_import(executor, deployment.store.secret, mapping, file, ACTOR)
    executor.close()
    rebuild_all_of(deployment)
    return deployment.store.head()


def sqlite_size(folder: Path, events: int, *, as_written: bool = False) -> Size:
    log, read_models = (_sqlite_parts(folder / name, as_written) for name in ("events.db", "read-models.db"))
    return Size(events, log, read_models)


def postgres_size(url: str, events: int, *, as_written: bool = False) -> Size:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE" if as_written else "VACUUM FULL"))
        parts = [Part(*row) for row in connection.execute(text(IN_POSTGRES))]
    engine.dispose()
    in_log = [part for part in parts if part.table in LOG]
    return Size(events, in_log, [part for part in parts if part.table not in LOG])


def _sqlite_parts(file: Path, as_written: bool) -> list[Part]:
    engine = create_engine(f"sqlite:///{file}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)" if as_written else "VACUUM"))
        found = [Part(table or name, name, size) for table, name, size in connection.execute(text(IN_SQLITE))]
    engine.dispose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bytes", description=__doc__)
    parser.add_argument("--only", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--as-written", action="store_true", help="with the space that is free in pages")
    parser.add_argument("--rows", type=int, help="only so many rows of the sample")
    asked = parser.parse_args()
    wanted = asked.only or ("sqlite", "postgres")
    logs.configure("WARNING")
    with TemporaryDirectory(prefix="recount-bytes-") as made:
        folder = Path(made)
        file = folder / FILE
        file.write_text("".join((SAMPLE / FILE).read_text().splitlines(keepends=True)[: asked.rows]))
        if "sqlite" in wanted:
            with in_sqlite(folder / "home") as deployment:
                events = fill(deployment, file)
            _show("SQLite", sqlite_size(folder / "home", events, as_written=asked.as_written))
        if "postgres" in wanted:
            with Postgres(folder / "postgres") as postgres:
                url = postgres.create_database("bytes")
                with in_postgres(url) as deployment:
                    events = fill(deployment, file)
                _show("PostgreSQL", postgres_size(url, events, as_written=asked.as_written))


def _show(engine: str, size: Size) -> None:
    print(f"\n{engine}, {size.events:,} events", *size.lines(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
