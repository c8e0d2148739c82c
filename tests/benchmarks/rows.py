"""The rows of docs/benchmarks.md: what `make bench` measures, what each figure means, and what is required of it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Target(NamedTuple):
    """Of the ratio, or of the figure itself if it has no peer. `at_most`: lower is better."""

    required: float
    aim: float | None = None
    at_most: bool = False

    def met(self, value: float) -> str:
        for name, bound in (("aim met", self.aim), ("required met", self.required)):
            if bound is not None and (value <= bound if self.at_most else value >= bound):
                return name
        return "**not met**"


class Row(NamedTuple):
    what: str
    unit: str
    target: Target | None = None


PEERS = {
    "crud": "the CRUD peer",
    "django": "the Django peer",
    "nothing": "doing nothing",
}
ACTS = {
    "register": "register a customer with a contact, duplicates asked",
    "change": "change an existing customer",
    "get": "GET of a customer",
}
TARGETS = {
    "register-64-crud": Target(4, 6),
    "register-16-crud": Target(3, 4),
    "register-1-crud": Target(1, 1.3),
    "change-64-crud": Target(6, 8),
    "register-64-nothing": Target(0.3, 0.4),
    "get-64-crud": Target(1, 2),
}
LOADS: Mapping[int, Sequence[tuple[str, int]]] = {
    1: (("register", 64), ("register", 16), ("register", 1), ("change", 64), ("get", 64)),
    2: (("register", 64), ("register", 16), ("change", 64), ("get", 64)),
}
"""Acts and numbers of connections, by the number of processes. One connection would use only one of two."""

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
WAITS = {
    "customer": "the labels of one customer",
    "list": "a page of all customers",
    "segment": "a page of the customers of one segment",
    "report": "the report on segments",
    "write": "a write, until read models have it",
}


def _over_http(workers: int, peer: str) -> dict[str, Row]:
    acts = [("register", 64)] if peer == "nothing" else LOADS[workers]
    rows = {}
    for act, connections in acts:
        name = f"{act}-{connections}-{peer}"
        rows[f"{name}-{workers}"] = Row(_what(act, connections), "/s", TARGETS.get(name) if workers == 1 else None)
    return rows


def _what(act: str, connections: int) -> str:
    return f"{ACTS[act]}, {connections} connection{'s' if connections > 1 else ''}"


SECTIONS: Mapping[str, Mapping[str, Row]] = {
    **{
        f"{'One API worker' if workers == 1 else 'Two API workers'} against {words}": _over_http(workers, peer)
        for workers in LOADS
        for peer, words in PEERS.items()
    },
    "One API worker, how long half of the requests take at most, against the CRUD peer": {
        f"p50-{connections}": Row(_what("register", connections), "ms") for connections in (64, 16, 1)
    },
    "From the store through Kafka": {
        "relay": Row("relay, store to Kafka, against the bare producer", "events/s", Target(0.7, 0.85)),
        "projector": Row("projector, Kafka to `channel_sales`, against the bare consumer", "events/s", Target(0.5)),
        "visible-rate": Row("registrations a second, 100 due, one API worker", "/s"),
        "visible-answered": Row("due → answered, 100 commands/s, p99", "ms"),
        "visible-p50": Row("answered → visible through Kafka, 100 commands/s, p50", "ms"),
        "visible-p99": Row("answered → visible through Kafka, 100 commands/s, p99", "ms", Target(200, 100, at_most=True)),
    },
    "Rebuilds, imports and segments": {
        "rebuild-channel_sales": Row("rebuild of `channel_sales`", "events/s"),
        "rebuild-customer_view": Row("rebuild of `customer_view`", "events/s"),
        "rebuild-orders": Row("rebuild of `orders`", "events/s"),
        "rebuild-together": Row("rebuild of all read models, with one reading of the log", "events/s"),
        "import-sqlite": Row("import of CDNOW, embedded (SQLite)", "commands/s"),
        "import-postgres": Row("import of CDNOW, PostgreSQL", "commands/s"),
        "fit": Row("fit of 100,000 customers", "s"),
        "labels": Row("labels of 100,000 customers after another fit, SQLite", "s"),
        "label": Row("label of one customer after an event, CPU", "µs"),
    },
    "The CDNOW sample in all read models": {
        **{
            f"fold-{engine}": Row(f"events folded in a second of CPU, {words}", "events", Target(6000, 10_000))
            for engine, words in ENGINES.items()
        },
        **{
            f"bytes-{part}-{engine}": Row(f"an event in the {named}, {words}", "bytes", Target(most, at_most=True))
            for part, named, most in (("log", "log", 700), ("read-models", "read models", 1200))
            for engine, words in ENGINES.items()
        },
    },
    "The longest wait while a million customers get new labels": {
        f"wait-{kind}-{engine}": Row(f"{what}, {words}", "s", Target(1, at_most=True))
        for kind, what in WAITS.items()
        for engine, words in ENGINES.items()
    },
}
ROWS: Mapping[str, Row] = {name: row for rows in SECTIONS.values() for name, row in rows.items()}
