"""The tables of docs/scaling.md, each between two comments. They are written from docs/scaling.json, and nobody edits them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil

from msgspec.structs import replace

from infra.routing import PARTITIONS
from tests.benchmarks.scaling.costs import Cost, Costs, expected, of_command
from tests.benchmarks.scaling.path import BATCH, WINDOW, Outcome
from tests.benchmarks.scaling.predicting import FULL, TRIP
from tests.benchmarks.scaling.record import RECORD, Measured, Record

PAGE = RECORD.with_suffix(".md")
OFF = 0.2
"""A prediction that is further off than this part of what was measured is marked."""
BYTES = {"the log on PostgreSQL": 684, "read models on PostgreSQL": 1172}
"""With indexes: decisions 72 and 73, measured by `python -m tests.benchmarks.bytes`."""
DEAREST = 3
"""Read models that are shown each for itself."""
TYPICAL = 64
"""Commands of a commit, where costs are given for one command."""


def write(record: Record) -> None:
    PAGE.write_text(text(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8")


def text(page: str, record: Record) -> str:
    """The page with the tables of the record in place of its own."""
    for name, table in TABLES.items():
        before, start, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        assert "" not in {start, end}, f"the page has no place for {name}"
        page = f"{before}{start}{table(record)}\n{end}{after}"
    return page


def locked(costs: Costs, commands: float, trip: float = 0.0) -> float:
    """Seconds for which a commit of so many commands has the writers' lock: until PostgreSQL has flushed it."""
    of = costs.commits
    waits = (2 * of.handover + of.fsync) / 1e6 + trip
    return of.look.of(commands) + of.write_client.of(commands) + of.write.of(commands) + waits


def relayed(costs: Costs, acknowledged: float) -> float:
    """Events a second of one relay whose windows are full, each of which waits so many seconds for other brokers."""
    of = costs.following
    each = (of.relay + of.relay_postgres + of.relay_kafka) / 1e6
    return WINDOW / (WINDOW * each + acknowledged)


def _conditions(record: Record) -> str:
    measured, made = record.measured, record.measured.place
    changes = " with changes" if made.changed else ""
    return (
        f"Costs and rates were measured on {made.date}, on {made.cores} cores, at commit {made.commit[:12]}{changes};"
        f"\nthe rates of `make bench` are of commit {measured.benchmarks.commit[:12]}."
    )


def _short(record: Record) -> str:
    two, sixteen = (next(one for one in record.commands if one.site.cores == cores) for cores in (2, 16))
    kept = next(one for one in record.whole if one.site.cores == 16)
    last = BATCH / locked(record.measured.costs, BATCH)
    return (
        f"In short: one log records {two.outcome.rate:,.0f} registrations a second on two cores if nothing else runs there, and"
        f"\n{sixteen.outcome.rate:,.0f} on sixteen, or {kept.site.rate:,.0f} for good with all read models. Whatever the cores,"
        f" its\nend is at {last:,.0f}: that of one writer after another."
    )


def _stages(record: Record) -> str:
    costs, of, commits = record.measured.costs, record.measured.costs.following, record.measured.costs.commits
    committer = [commits.run, commits.look_client, commits.write_client]
    rows = [
        ("event loop: the request and its answer", "API worker", costs.loop, "more workers"),
        ("committer: rules, sealing, encoding", "API worker", _each(committer), "more workers"),
        ("commit", "PostgreSQL", _each([commits.look, commits.write]), "nothing: the writers' lock"),
        ("relay", "relay", of.relay, "nothing: one relay sends"),
        ("reads of the relay, and its checkpoint", "PostgreSQL", of.relay_postgres, "cores"),
        ("messages that arrive", "Kafka", of.relay_kafka, "brokers"),
        (
            "fold of all read models",
            "projectors",
            of.project,
            f"up to {PARTITIONS} projectors, and fewer read models in each",
        ),
        ("rows of all read models", "PostgreSQL", of.project_postgres, "cores"),
        ("messages that are fetched", "Kafka", of.project_kafka, "brokers"),
    ]
    made = [(stage, where, f"{cost:,.0f}", f"{1e6 / cost:,.0f}", how) for stage, where, cost, how in rows]
    total = sum(row[2] for row in rows)
    made.append(("**all**", "", f"**{total:,.0f}**", f"**{1e6 / total:,.0f}**", ""))
    return _table(("stage", "where", "µs of CPU", "at most, on one core, a second", "what scales it"), "llrrl", made)


def _each(costs: Iterable[Cost]) -> float:
    return sum(cost.of(TYPICAL) for cost in costs) / TYPICAL * 1e6


def _lock(record: Record) -> str:
    costs = record.measured.costs
    rows = []
    for commands in (1, 4, 16, 64, BATCH):
        here, apart = locked(costs, commands), locked(costs, commands, TRIP)
        rows.append(
            (commands, f"{here * 1e3:.2f}", f"{commands / here:,.0f}", f"{apart * 1e3:.2f}", f"{commands / apart:,.0f}")
        )
    trip = f"with {TRIP * 1e3:g} ms of network"
    return _table(("commands of a commit", "lock held, ms", "commands/s", f"{trip}, ms", "commands/s"), "rrrrr", rows)


def _check(record: Record) -> str:
    measured: Measured = record.measured
    rows = []
    for one in record.checked:
        name = f"{one.site.workers}-{one.site.connections}"
        site, rate = measured.sites[name], one.outcome.rate
        real = site.rate
        off = rate / real - 1
        batch = f"{site.batch:.1f} / {one.outcome.batch:.1f}"
        marked = f"**{off:+.0%}**" if abs(off) > OFF else f"{off:+.0%}"
        cells = (f"{measured.quiet[name]:,.0f}", f"{real:,.0f}", f"{rate:,.0f}", marked, batch)
        rows.append((one.site.workers, one.site.connections, *cells))
    heads = (
        "workers",
        "connections",
        "`make bench`",
        "measured",
        "simulated",
        "off by",
        "commands of a commit: measured / simulated",
    )
    beyond = [f"{_percent(part)} with {connections} connections" for connections, part in _beyond(measured)]
    more = f"CPU of a command of two workers beyond what the costs of one worker say: {', '.join(beyond)}."
    return f"{_table(heads, 'rrrrrrr', rows)}\n\n{more}"


def _beyond(measured: Measured) -> list[tuple[int, float]]:
    free = replace(measured.costs, crowded=1.0)
    sites = [(int(name[2:]), site) for name, site in measured.sites.items() if name.startswith("2-")]
    return [(connections, of_command(site) / expected(free, site.batch) - 1) for connections, site in sites]


def _commands(record: Record) -> str:
    rows = []
    for one, apart in zip(record.commands, record.apart, strict=True):
        site, outcome = one.site, one.outcome
        busy = (_percent(outcome.busy["cores"]), _percent(outcome.busy["lock"]), _percent(_busiest(outcome)))
        times = (f"{outcome.p50 * 1e3:.0f}", f"{outcome.p99 * 1e3:.0f}", f"{outcome.batch:.0f}")
        rows.append((site.cores, site.workers, f"{outcome.rate:,.0f}", *times, *busy, f"{apart.outcome.rate:,.0f}"))
    heads = ("cores", "workers", "commands/s", "p50, ms", "p99, ms", "of a commit", "cores", "lock", "a worker", "with network")
    return _table(heads, "r" * len(heads), rows)


def _busiest(outcome: Outcome) -> float:
    return max(busy for name, busy in outcome.busy.items() if name.startswith("worker"))


def _whole(record: Record) -> str:
    rows = []
    for one in record.whole:
        site, outcome = one.site, one.outcome
        busy = (_percent(outcome.busy["cores"]), _percent(outcome.busy["relay"]), _percent(outcome.busy["lock"]))
        times = (f"{outcome.p50 * 1e3:.1f}", f"{outcome.p99 * 1e3:.1f}", f"{outcome.lag / outcome.rate * 1e3:.0f}")
        rows.append((site.cores, f"{site.rate:,.0f}", site.workers, site.projectors, *times, *busy))
    heads = ("cores", "commands/s", "workers", "projectors", "p50, ms", "p99, ms", "not folded, ms", "cores", "relay", "lock")
    return _table(heads, "r" * len(heads), rows)


def _read_models(record: Record) -> str:
    costs = record.measured.costs.following.read_models
    rate = record.whole[-1].site.rate
    by_cost = sorted(costs.items(), key=lambda one: -sum(one[1]))
    rows = []
    for name, (here, postgres) in by_cost[:DEAREST]:
        rows.append((f"`{name}`", f"{here:.0f}", f"{postgres:.0f}", *_alone(here + postgres, rate)))
    rest = [cost for _, cost in by_cost[DEAREST:]]
    heres, servers = zip(*rest, strict=True)
    dearest = max(map(sum, rest))
    rows.append((f"each of the other {len(rest)}", f"≤ {max(heres):.0f}", f"≤ {max(servers):.0f}", *_alone(dearest, rate)))
    heads = (
        "read model, alone",
        "µs in its process",
        "µs in PostgreSQL",
        "events/s of one process",
        f"projectors for {rate:,.0f} events/s",
    )
    return _table(heads, "lrrrr", rows)


def _alone(cost: float, rate: float) -> tuple[str, int]:
    """Events a second of one process, and how many processes are needed for the rate."""
    return f"{1e6 / cost:,.0f}", ceil(rate * cost / 1e6 / FULL)


def _brokers(record: Record) -> str:
    costs = record.measured.costs
    rows = [(f"{wait * 1e3:g}", f"{relayed(costs, wait):,.0f}") for wait in (0, 0.001, 0.005)]
    return _table(("waits for the other brokers, ms a window", "events/s of one relay"), "rr", rows)


def _billion(record: Record) -> str:
    of = record.measured.costs.following
    slowest = [one for one in record.whole if one.site.cores in (2, 16)]
    events = 1e9
    stored = (*BYTES.items(), ("Kafka, one copy", of.kafka_bytes))
    rows = [(f"{what}, {bytes:,.0f} bytes an event", f"{events * bytes / 1e12:.2f} TB") for what, bytes in stored]
    rows += [
        (f"recorded at {one.site.rate:,.0f} events/s ({one.site.cores} cores)", f"{events / one.site.rate / 86_400:.1f} days")
        for one in slowest
    ]
    hours = events * (of.project + of.project_postgres + of.project_kafka) / 1e6 / 3600
    rows.append(("folded into all read models by one projector", f"{hours:,.0f} hours"))
    rows.append((f"folded by {PARTITIONS} projectors, with two cores for each", f"{hours / PARTITIONS:,.0f} hours"))
    return _table(("a billion events", ""), "lr", rows)


def _percent(part: float) -> str:
    return f"{part:.0%}".replace("%", " %")


def _table(heads: Sequence[str], align: str, rows: Iterable[Sequence[object]]) -> str:
    rules = ["---:" if one == "r" else "---" for one in align]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (heads, rules, *rows))


TABLES: dict[str, Callable[[Record], str]] = {
    "conditions": _conditions,
    "short": _short,
    "stages": _stages,
    "lock": _lock,
    "check": _check,
    "commands": _commands,
    "whole": _whole,
    "read models": _read_models,
    "brokers": _brokers,
    "billion": _billion,
}
