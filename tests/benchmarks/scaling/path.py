"""A simulation of the path of a command: what is saturated on how many cores, and how fast that is. See docs/scaling.md.

Threads do work on the cores of the machine, first come, first served, in slices. Of the threads of a Python process one works
at a time. A worker's committer takes all commands that wait, prepares a batch, and commits it in two round trips under the
writers' lock, which all workers share. Events then go through one relay, Kafka and the projectors. All costs are those of
docs/scaling.json. Arrivals are random with a fixed seed; nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random

import msgspec

from tests.benchmarks.scaling.costs import Costs
from tests.benchmarks.scaling.simulation import Clock, Cores, Lock, Queue, Steps

BATCH = 256
"""The most commands of a commit (`commands.shared.executor.Limits`)."""
WINDOW = 1000
"""The most events that a relay sends, or a projector takes, at once."""
WARM = 0.25
"""The part of the time that is not counted, while queues fill."""


class Site(msgspec.Struct, frozen=True):
    """Where it runs. Times are in seconds.

    `connections` send their next command when the last one is answered; or commands arrive at `rate` a second, at random.
    `load_here`: whether the program that makes the load needs the same cores. `projectors`: 0 if nothing follows the log.
    `trip` is the network's round trip between API and PostgreSQL, `acknowledged` what Kafka waits for its other brokers.
    """

    cores: int
    workers: int
    connections: int = 64
    rate: float = 0
    load_here: bool = False
    projectors: int = 0
    trip: float = 0
    acknowledged: float = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`rate`: commands a second. `busy`: how much of the time a resource works, of 1. `lag`: events not folded at the end.

    `inside` is how many commands are on their way on average. `batch` is how many a commit has. Times are in seconds.
    """

    rate: float
    p50: float
    p99: float
    mean: float
    inside: float
    batch: float
    busy: dict[str, float]
    lag: int


class Path:
    """All that happens to commands at a site."""

    def __init__(self, costs: Costs, site: Site) -> None:
        self._costs, self._site = costs, site
        self.clock = Clock()
        self.cores = Cores(self.clock, site.cores, costs.crowded)
        self._lock, self._log = Lock(), Queue()
        self._loops = [Queue() for _ in range(site.workers)]
        self._waiting = [Queue() for _ in range(site.workers)]
        self._topics = [Queue() for _ in range(site.projectors)]
        self.answered: list[tuple[float, float]] = []
        self.commits: list[tuple[float, int]] = []
        self.locked = self.area = self._changed = 0.0
        self._inside = 0
        self._numbers = count()
        for worker in range(site.workers):
            self.clock.start(self._event_loop(worker))
            self.clock.start(self._committer(worker))
        if site.projectors:
            self.clock.start(self._relay())
            for number in range(site.projectors):
                self.clock.start(self._projector(number))
        self.clock.start(self._arrivals()) if site.rate else self._connect()

    def lag(self) -> int:
        return len(self._log) + sum(map(len, self._topics))

    def count_inside(self, change: int) -> None:
        """`area` is the number of commands on their way, summed over time."""
        self.area += self._inside * (self.clock.now - self._changed)
        self._inside, self._changed = self._inside + change, self.clock.now

    def _connect(self) -> None:
        for _ in range(self._site.connections):
            self._send()

    def _arrivals(self) -> Steps:
        dice = Random(1)
        while True:
            yield self.clock.wait(dice.expovariate(self._site.rate))
            self._send()

    def _send(self) -> None:
        """A command's way from its client and back."""
        worker, sent = next(self._numbers) % self._site.workers, self.clock.now
        self.count_inside(+1)

        def answer() -> None:
            self.count_inside(-1)
            self.answered.append((sent, self.clock.now))
            if not self._site.rate:
                self._send()

        def client(then: Callable[[], None]) -> None:
            if self._site.load_here:
                self.cores.work("load", self._costs.load / 2e6)(then)
            else:
                then()

        def committed() -> None:
            self._loops[worker].put(lambda: client(answer))

        client(lambda: self._loops[worker].put(lambda: self._waiting[worker].put(committed)))

    def _event_loop(self, worker: int) -> Steps:
        queue, costs = self._loops[worker], self._costs
        while True:
            yield queue.wait
            turn = queue.take(len(queue))
            cost = (queue.woken * costs.turn + len(turn) * costs.loop / 2) / 1e6
            yield self.cores.work(f"worker {worker}", cost, first=True)
            for then in turn:
                then()

    def _committer(self, worker: int) -> Steps:
        here, server, costs = f"worker {worker}", f"postgres {worker}", self._costs.commits
        hop = self.clock.wait(costs.handover / 1e6 + self._site.trip / 2)
        while True:
            yield self._waiting[worker].wait
            yield self.cores.work(here, 0)  # It sees what waits once it has the interpreter.
            batch = self._waiting[worker].take(BATCH)
            size = len(batch)
            yield self.cores.work(here, costs.run.of(size) + costs.look_client.of(size))
            yield hop
            yield self._lock.take
            since = self.clock.now
            yield self.cores.work(server, costs.look.of(size))
            yield hop
            yield self.cores.work(here, costs.write_client.of(size))
            yield hop
            yield self.cores.work(server, costs.write.of(size))
            yield self.clock.wait(costs.fsync / 1e6)
            self.locked += self.clock.now - since
            self._lock.release()
            self.commits.append((self.clock.now, size))
            yield hop
            for answered in batch:
                answered()
                if self._site.projectors:
                    self._log.put(None)

    def _relay(self) -> Steps:
        costs, turn = self._costs.following, count()
        while True:
            yield self._log.wait
            size = len(self._log.take(WINDOW))
            yield self.cores.work("relay", size * costs.relay / 1e6)
            yield self.cores.work("postgres relay", size * costs.relay_postgres / 1e6)
            yield self.cores.work("kafka", size * costs.relay_kafka / 1e6)
            yield self.clock.wait(self._site.acknowledged)
            for _ in range(size):
                self._topics[next(turn) % len(self._topics)].put(None)

    def _projector(self, number: int) -> Steps:
        costs = self._costs.following
        while True:
            yield self._topics[number].wait
            size = len(self._topics[number].take(WINDOW))
            yield self.cores.work("kafka", size * costs.project_kafka / 1e6)
            yield self.cores.work(f"projector {number}", size * costs.project / 1e6)
            yield self.cores.work(f"postgres projector {number}", size * costs.project_postgres / 1e6)


def simulate(costs: Costs, site: Site, seconds: float = 3.0) -> Outcome:
    """What happens in so many seconds, after the queues have filled."""
    path = Path(costs, site)
    begun = WARM * seconds
    path.clock.run(begun)
    path.count_inside(0)
    spent, locked, area = dict(path.cores.spent), path.locked, path.area
    path.clock.run(begun + seconds)
    path.count_inside(0)
    took = sorted(end - sent for sent, end in path.answered if end > begun)
    sizes = [size for at, size in path.commits if at > begun]
    busy = {name: (path.cores.spent[name] - spent.get(name, 0.0)) / seconds for name in path.cores.spent}
    return Outcome(
        rate=len(took) / seconds,
        p50=took[len(took) // 2],
        p99=took[len(took) * 99 // 100],
        mean=sum(took) / len(took),
        inside=(path.area - area) / seconds,
        batch=sum(sizes) / len(sizes),
        busy=busy | {"cores": sum(busy.values()) / site.cores, "lock": (path.locked - locked) / seconds},
        lag=path.lag(),
    )
