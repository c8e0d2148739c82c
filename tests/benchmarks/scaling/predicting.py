"""What the simulation says about the sites of docs/scaling.md."""

from __future__ import annotations

from math import ceil

from msgspec.structs import replace

from infra.routing import PARTITIONS
from tests.benchmarks.scaling.costs import Costs
from tests.benchmarks.scaling.path import Outcome, Site, simulate
from tests.benchmarks.scaling.record import Measured, Record, Simulated

CORES = (1, 2, 4, 8, 16)
CONNECTIONS = 64
"""Of each worker."""
WORKERS = (1, 2, 3, 4, 6, 8, 12, 16)
NEARLY = 0.97
"""The fewest workers are taken that reach this part of the best rate."""
FULL = 0.8
"""The part of what is possible at most that is taken where a rate is to be kept for good."""
TRIP = 0.0005
"""Seconds of a round trip between two machines: assumed, as within one data centre."""


def predicted(measured: Measured) -> Record:
    costs = measured.costs
    commands = [_best(costs, cores) for cores in CORES]
    return Record(
        measured=measured,
        checked=[simulated(costs, site) for site in checked(measured)],
        commands=commands,
        apart=[simulated(costs, replace(one.site, trip=TRIP)) for one in commands],
        whole=[simulated(costs, for_good(costs, one)) for one in commands],
    )


def simulated(costs: Costs, site: Site) -> Simulated:
    return Simulated(site, simulate(costs, site))


def checked(measured: Measured) -> list[Site]:
    """The sites that were measured, whose load is made on the same two cores."""
    sites = [map(int, name.split("-")) for name in measured.sites]
    return [Site(measured.place.cores, workers, connections, load_here=True) for workers, connections in sites]


def _best(costs: Costs, cores: int) -> Simulated:
    tried = [simulated(costs, Site(cores, workers, CONNECTIONS * workers)) for workers in WORKERS if workers <= cores]
    enough = NEARLY * max(one.outcome.rate for one in tried)
    return next(one for one in tried if one.outcome.rate >= enough)


def for_good(costs: Costs, commands: Simulated) -> Site:
    """The same cores, with commands at a rate that relay and projectors keep pace with, and as many processes as that needs."""
    rate = keeps_pace(costs, commands)
    workers = ceil(rate * of_worker(commands.outcome) / FULL)
    return replace(commands.site, rate=rate, workers=max(workers, 1), projectors=min(projectors(costs, rate), PARTITIONS))


def keeps_pace(costs: Costs, commands: Simulated) -> float:
    """The part FULL of the commands a second, with an event each, that cores, lock, relay and projectors could do at most.

    At this rate commits are smaller than at most, and take more CPU for each command: they use what would be free.
    """
    outcome, cores = commands.outcome, commands.site.cores
    whole = outcome.busy["cores"] * cores / outcome.rate + followers(costs)
    return FULL * min(cores / whole, outcome.rate, 1e6 / costs.following.relay)


def followers(costs: Costs) -> float:
    """Seconds of CPU for an event, from the log to all read models."""
    of = costs.following
    relay = of.relay + of.relay_postgres + of.relay_kafka
    return (relay + of.project + of.project_postgres + of.project_kafka) / 1e6


def projectors(costs: Costs, rate: float) -> int:
    """How many are needed for so many events a second, each with all read models. Each waits for PostgreSQL and Kafka."""
    of = costs.following
    return ceil(rate * (of.project + of.project_postgres + of.project_kafka) / 1e6 * costs.crowded / FULL)


def of_worker(outcome: Outcome) -> float:
    """Seconds of CPU that a command takes in its API worker."""
    return sum(busy for name, busy in outcome.busy.items() if name.startswith("worker")) / outcome.rate
