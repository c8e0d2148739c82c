"""The HTTP figures of `make bench-quick`: requests answered per second of CPU of the answering process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from infra.servers.postgres import PostgresAt
from tests.benchmarks import services
from tests.benchmarks.load import Measured
from tests.benchmarks.services import Side
from tests.benchmarks.sides import Pair

CONNECTIONS = 64


@contextmanager
def pairs(postgres: PostgresAt, kafka: str, seconds: int) -> Iterator[dict[str, Pair]]:
    with ExitStack() as stack:
        recount, ours = services.recount(stack, postgres, kafka)
        crud = services.crud(stack, postgres)
        theirs = crud.existing()
        yield {
            "register": Pair(
                _rate(recount, lambda: recount.register(CONNECTIONS, seconds)),
                _rate(crud, lambda: crud.register(CONNECTIONS, seconds)),
            ),
            "change": Pair(
                _rate(recount, lambda: recount.change(ours, CONNECTIONS, seconds)),
                _rate(crud, lambda: crud.change(theirs, CONNECTIONS, seconds)),
            ),
            "get": Pair(
                _rate(recount, lambda: recount.get(ours, CONNECTIONS, seconds)),
                _rate(crud, lambda: crud.get(theirs, CONNECTIONS, seconds)),
            ),
        }


def _rate(side: Side, send: Callable[[], Measured]) -> Callable[[], float]:
    def rate() -> float:
        before = side.cpu_seconds()
        answered = send().requests
        return answered / (side.cpu_seconds() - before)

    return rate
