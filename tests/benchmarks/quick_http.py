"""The HTTP figures of `make bench-quick`: requests answered per second of CPU of the answering process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from consumers.rebuilding.rebuild import rebuild
from infra.routing import PARTITIONS
from infra.servers.postgres import PostgresAt
from infra.wiring import PROJECTIONS
from tests.benchmarks.load import Measured
from tests.benchmarks.over_http import CHANGE, OURS, THEIRS, Sides
from tests.benchmarks.recount import deployed
from tests.benchmarks.served import Service
from tests.benchmarks.sides import Pair

CONNECTIONS = 64
EXISTING = 200


@contextmanager
def pairs(postgres: PostgresAt, kafka: str, seconds: int) -> Iterator[dict[str, Pair]]:
    with ExitStack() as stack:
        sides = Sides(postgres, kafka, stack)
        ours, theirs = sides.existing(EXISTING)
        _fold_everything(sides, kafka)
        one = "/customers/{id}"
        yield {
            "register": Pair(
                _rate(sides.recount, lambda: sides.to_recount("POST", "/customers", OURS, CONNECTIONS, seconds)),
                _rate(sides.crud, lambda: sides.to_crud("POST", "/customers", THEIRS, CONNECTIONS, seconds)),
            ),
            "change": Pair(
                _rate(sides.recount, lambda: sides.to_recount("PATCH", one, CHANGE, CONNECTIONS, seconds, ours)),
                _rate(sides.crud, lambda: sides.to_crud("PATCH", one, CHANGE, CONNECTIONS, seconds, theirs)),
            ),
            "get": Pair(
                _rate(sides.recount, lambda: sides.to_recount("GET", one, "", CONNECTIONS, seconds, ours)),
                _rate(sides.crud, lambda: sides.to_crud("GET", one, "", CONNECTIONS, seconds, theirs)),
            ),
        }


def _fold_everything(sides: Sides, kafka: str) -> None:
    """Rebuild all read models, so that customers can be read, and searched for duplicates."""
    with closing(deployed(sides.database, kafka)) as deployment:
        for projection in PROJECTIONS:
            rebuild(projection, deployment.store, deployment.read_models, PARTITIONS)


def _rate(service: Service, send: Callable[[], Measured]) -> Callable[[], float]:
    def rate() -> float:
        before = service.cpu_seconds()
        answered = send().requests
        return answered / (service.cpu_seconds() - before)

    return rate
