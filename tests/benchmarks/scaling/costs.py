"""What the stages of Recount cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

import msgspec
import numpy
from msgspec.structs import replace

from tests.benchmarks.guard import rounded


class Cost(msgspec.Struct, frozen=True):
    """In microseconds: `once` for each commit, and `each` for each command in it."""

    once: float
    each: float

    def of(self, commands: float) -> float:
        """Seconds."""
        return (self.once + self.each * commands) / 1e6


class Commits(msgspec.Struct, frozen=True):
    """Of batches of many sizes in a process that does nothing else.

    `run`: of a batch in the committer until its commit begins. `look`, `write`: in PostgreSQL, for the first and the second
    round trip. `look_client`, `write_client`: in the committer, in the same. `fsync` and `handover` are microseconds that pass:
    while a commit is flushed, and until a process that is idle begins with what another one sent.
    """

    run: Cost
    look_client: Cost
    look: Cost
    write_client: Cost
    write: Cost
    fsync: float
    handover: float


class OverHttp(msgspec.Struct, frozen=True):
    """Medians at a site: commands a second, commands of a commit, and microseconds of CPU of a command.

    `loop` and `committer` are threads of the API workers, `load` is the program that makes the load.
    """

    rate: float
    batch: float
    loop: float
    committer: float
    postgres: float
    load: float


class Following(msgspec.Struct, frozen=True):
    """Of an event, from the log to all read models: in the relay, the projector, PostgreSQL and Kafka.

    `read_models` are those of the rebuild of each read model alone, in its process and in PostgreSQL. `kafka_bytes` are bytes.
    """

    relay: float
    relay_postgres: float
    relay_kafka: float
    project: float
    project_postgres: float
    project_kafka: float
    kafka_bytes: float
    read_models: Mapping[str, tuple[float, float]]


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Of a registration over HTTP. All costs are microseconds of CPU.

    `load`, `loop` and `turn`: of a command in the program that makes the load, in the API worker's event loop, and of each time
    that the loop wakes up to work. `crowded`: how many times as much CPU the same work needs while all cores work.
    """

    load: float
    loop: float
    turn: float
    crowded: float
    commits: Commits
    following: Following


def costs(commits: Commits, sites: Mapping[str, OverHttp], following: Following) -> Costs:
    """The costs that one worker shows.

    A commit costs more over HTTP, where the committer shares the interpreter with the event loop. So the costs of its phases
    are raised in proportion, to what committer and PostgreSQL need over HTTP.
    """
    alone = [sites[name] for name in ("1-1", "1-16", "1-64")]
    few, _, many = alone
    phases = as_over_http(commits, alone)
    # With one connection the loop wakes up twice for each command; with 64, there is nearly always something to do.
    turn = max((few.loop - many.loop) / 2, 0.0)
    made = Costs(load=many.load, loop=many.loop, turn=rounded(turn), crowded=1.0, commits=phases, following=following)
    crowds = [of_command(site) / expected(made, site.batch) for name, site in sites.items() if name.startswith("2-")]
    return replace(made, crowded=rounded(max(mean(crowds), 1.0)))


def as_over_http(commits: Commits, sites: Sequence[OverHttp]) -> Commits:
    def raised(names: Sequence[str], used: Sequence[float]) -> dict[str, Cost]:
        there = line({site.batch: cost * site.batch for site, cost in zip(sites, used, strict=True)})
        parts = [getattr(commits, name) for name in names]
        once = there.once / sum(part.once for part in parts)
        each = there.each / sum(part.each for part in parts)
        return {
            name: Cost(rounded(part.once * once), rounded(part.each * each)) for name, part in zip(names, parts, strict=True)
        }

    committer = raised(("run", "look_client", "write_client"), [site.committer for site in sites])
    return replace(commits, **committer, **raised(("look", "write"), [site.postgres for site in sites]))


def line(costs: Mapping[float, float]) -> Cost:
    """The line with the least relative error through the costs by the number of commands; no part of it is negative."""
    counts, values = numpy.array([*costs]), numpy.array([*costs.values()])
    each, once = numpy.polyfit(counts, values, 1, w=1 / values)
    return Cost(rounded(max(float(once), 0.0)), rounded(float(each)))


def of_command(site: OverHttp) -> float:
    """Microseconds of CPU of a command, as measured."""
    return site.loop + site.committer + site.postgres + site.load


def expected(costs: Costs, batch: float) -> float:
    """Microseconds of CPU of a command in commits of this size, if cores are free."""
    phases = costs.commits
    parts = (phases.run, phases.look_client, phases.look, phases.write_client, phases.write)
    return costs.load + costs.loop + sum(part.once / batch + part.each for part in parts)
