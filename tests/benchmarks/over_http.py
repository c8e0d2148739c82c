"""Commands and reads over HTTP, of Recount and its peers: as many processes each, on the same PostgreSQL, in turn."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

from infra.servers.postgres import PostgresAt
from tests.benchmarks import services
from tests.benchmarks.figures import Figure, compared, in_turn
from tests.benchmarks.load import Measured
from tests.benchmarks.rows import LOADS
from tests.benchmarks.services import Ids, Side

Named = tuple[str, Figure]
Round = dict[str, Measured]


class Subject(NamedTuple):
    """A side and its customers who exist."""

    side: Side
    ids: Ids

    def load(self, act: str, connections: int, seconds: float) -> Measured:
        if act == "register":
            return self.side.register(connections, seconds)
        return (self.side.change if act == "change" else self.side.get)(self.ids, connections, seconds)


def figures(postgres: PostgresAt, kafka: str, rounds: int, seconds: float) -> Iterator[Named]:
    for workers in LOADS:
        with ExitStack() as stack:
            crud, django = services.crud(stack, postgres, workers), services.django(stack, postgres, workers)
            subjects = {
                "recount": Subject(*services.recount(stack, postgres, kafka, workers)),
                "crud": Subject(crud, crud.existing()),
                "django": Subject(django, django.existing()),
                "nothing": Subject(services.nothing(stack, workers), ()),
            }
            for act, connections in LOADS[workers]:
                yield from _act(subjects, act, connections, workers, rounds, seconds)


def _act(
    subjects: dict[str, Subject], act: str, connections: int, workers: int, rounds: int, seconds: float
) -> Iterator[Named]:
    """Each side once in each round, after a short load to warm up. Doing nothing belongs only to the row that has it."""
    names = [name for name in subjects if name != "nothing" or (act, connections) == ("register", 64)]
    for name in names:
        subjects[name].load(act, connections, 1)
    sides = {name: partial(subjects[name].load, act, connections, seconds) for name in names}
    results = in_turn(sides, rounds)
    for peer in names[1:]:
        yield f"{act}-{connections}-{peer}-{workers}", _rates(results, peer)
    if act == "register" and workers == 1:
        yield f"p50-{connections}", compared((one["recount"].p50_ms, one["crud"].p50_ms) for one in results)


def _rates(results: Sequence[Round], peer: str) -> Figure:
    return compared((one["recount"].requests_per_second, one[peer].requests_per_second) for one in results)
