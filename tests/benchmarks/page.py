"""docs/benchmarks.md, written from docs/benchmarks-full.json: `python -m tests.benchmarks.page` writes it again."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from tests.benchmarks.figures import Figure
from tests.benchmarks.growth.section import recorded as growth
from tests.benchmarks.guard import Place
from tests.benchmarks.place import TREE, Machine
from tests.benchmarks.reports import table
from tests.benchmarks.reports.table import Reports
from tests.benchmarks.rows import SECTIONS, Row

PAGE = TREE / "docs" / "benchmarks.md"
RECORD = TREE / "docs" / "benchmarks-full.json"
_TARGET = ("required", "aim", "met")
HEAD = ("what", "unit", "Recount", "peer", "ratio", "spread", *_TARGET)
NOT_MEASURED = "not measured yet"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One whole run of `make bench`. `seconds` of load for each side of a round. `reports` is None in a record of before."""

    place: Place
    machine: Machine
    rounds: int
    seconds: int
    minutes: float
    figures: Mapping[str, Figure]
    reports: Reports | None = None


def write(run: Run, record: Path = RECORD, page: Path = PAGE) -> None:
    """Writes the record, and the page from it."""
    record.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
    page.write_text(text(read(record)), encoding="utf-8")


def read(record: Path = RECORD) -> Run | None:
    """The last run; None if there was none. Raises msgspec.DecodeError."""
    return msgspec.json.decode(record.read_bytes(), type=Run) if record.exists() else None


def text(run: Run | None) -> str:
    figures = run.figures if run else {}
    tables = "\n\n".join(f"### {title}\n\n{_table(rows, figures)}" for title, rows in SECTIONS.items())
    tables += f"\n\n{table.section(run.reports if run else None)}"
    return f"{INTRODUCTION}\n{_conditions(run)}\n\n## Figures\n\n{READING}\n{tables}\n\n{growth()}{MEANING}"


def _conditions(run: Run | None) -> str:
    if run is None:
        return "Nothing has been measured yet: `make bench` fills this page in."
    place, machine = run.place, run.machine
    lines = {
        "date": f"{place.date}, commit {place.commit[:12]}{' with changes' if place.changed else ''}",
        "machine": f"{machine.processor}, {place.machine}, {place.cores} cores, {machine.memory_gb} GB",
        "system": f"{machine.kernel}, Python {place.python}",
        "versions": ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
        "durability": ", ".join(f"{name} = {value}" for name, value in machine.durability.items()),
        "load": f"{place.load}, {run.seconds} s for each side of a round",
        "rounds": f"medians of {run.rounds}; the run took {run.minutes:.0f} minutes",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in lines.items())])


def _table(rows: Mapping[str, Row], figures: Mapping[str, Figure]) -> str:
    """Without the columns of targets if no row has one."""
    head = HEAD if any(row.target for row in rows.values()) else HEAD[: -len(_TARGET)]
    lines = [head, ["---"] * len(head), *(list(_cells(row, figures.get(name)))[: len(head)] for name, row in rows.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row, figure: Figure | None) -> Iterator[str]:
    yield row.what
    yield row.unit
    if figure is None:
        yield NOT_MEASURED
        yield from ("–",) * 3
    else:
        yield _number(figure.ours)
        yield _number(figure.theirs)
        yield "–" if figure.ratio is None else f"{figure.ratio:.2f}"
        yield "–" if figure.rounds == 1 else f"± {figure.spread:.0%}"
    if row.target is None:
        yield from ("–",) * len(_TARGET)
    else:
        relation = "≤" if row.target.at_most else "≥"
        yield f"{relation} {row.target.required:,g}"
        yield "–" if row.target.aim is None else f"{relation} {row.target.aim:,g}"
        yield "–" if figure is None else row.target.met(figure.ours if figure.ratio is None else figure.ratio)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


INTRODUCTION = """\
# Benchmarks

How fast Recount is, beside what people would write instead. `make bench` measures every figure of this page in one run and
writes the page; nobody edits it. It takes about half an hour, and needs a machine with nothing else to do and Node.js on the
path, which makes the load.

    make bench                                             # everything, and writes this page
    .venv/bin/python -m tests.benchmarks --only http       # one part, printed only

`make bench-quick` is for every day: it compares a few ratios of CPU time with those of the last release, and stands a busy
machine. See [architecture.md](architecture.md#measuring-it).

## Conditions
"""

READING = """\
Recount and its peer are measured in turn in every round, and take turns to be first. *Recount* and *peer* are medians of the
rounds. *Ratio* is the median of the ratios round by round, so a drift of the machine takes part in both sides. *Spread* is half
the interquartile range of the rounds, relative to the median; a single round has none. *Required* and *aim* are about the
ratio, or about the figure where there is no peer. Of milliseconds, seconds, microseconds and bytes, fewer are better.
"""

MEANING = """\
## What the rows mean

Everything runs on one machine: PostgreSQL, Kafka, the services and the load. Every connection sends its next request when the
last one is answered. With two processes, each listens on its own port, and the connections are spread evenly over both.

- **Register**: a POST with a name, an address, an e-mail address and some attributes, answered when it is durable. Recount
  answers 409 if somebody has the contact. The Django peer asks by a query before it inserts, so two requests at the same moment
  do not see each other. The CRUD peer does not ask.
- **Change**: a PATCH of the name of one of 500 customers; only one connection changes each. None of the services loses an
  update: Recount and the CRUD peer by the version, the Django peer by a lock of the row.
- **GET**: one of 500 customers, in turn. Recount's answer has more than the peers': money, tickets, the last interaction and
  feedback, segments, and everyone merged into the customer, computed from several read models at once.
- **The CRUD peer**: FastAPI, SQLAlchemy's ORM and PostgreSQL, 20 connections, one transaction for each request. It is frozen,
  so that its ratios can be compared over time.
- **The Django peer**: Django with its REST framework, models, serializers and generic views, on Gunicorn with 20 threads and
  persistent connections.
- **Doing nothing**: an endpoint of FastAPI that reads the same body and answers at once, without a database.
- **Relay**: events sent from the store to Kafka and acknowledged, against a loop that sends the same records, made in advance.
- **Projector**: messages folded into one read model, against a loop that only reads them.
- **Answered → visible**: 100 registrations a second, evenly in time, and one poller that asks for the oldest customer that is
  not visible yet, with `?after=`. Measured from the answer to the command until an answer of the API shows the customer.
- **Rebuild**: the read model built again from the log, two events for each customer. A rebuild of all reads and decodes
  the log once for all.
- **Import**: the purchases of the CDNOW sample, command by command.
- **Fit, labels, label**: k-means over three features; the label of every customer; the label of one, after an event.
- **Events folded, bytes of an event**: the CDNOW sample, imported into a new database. All read models are rebuilt from it,
  and compared with those of before; CPU is that of the process, from reading to comparing, without the CPU of PostgreSQL. Bytes
  are those of tables and their indexes after VACUUM, on PostgreSQL after VACUUM FULL.
- **Longest wait**: the projector and two loops of reads in one process, as in the embedded deployment. One loop asks for a
  customer, lists and writes; the other for the report. They read for 30 seconds, beginning with the fit that moves customers.

## What is not measured

No network: clients and servers share the machine and its processors. No TLS. One node of Kafka, so `acks=all` waits for one
broker, which leaves the write to the disk to the operating system, as is Kafka's default. PostgreSQL without a replica. The
peers have no keys, no permissions, no history, no idempotency and no events; what a team would add for those costs them more.
Tables are small in all figures but those of *Growth*, reports and labels.
"""

if __name__ == "__main__":
    PAGE.write_text(text(read()), encoding="utf-8")
