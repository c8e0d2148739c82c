"""Every scenario runs on both deployments, with the same results."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.scenarios.recount import Recount, distributed, embedded


@pytest.fixture(scope="module", params=["embedded", "distributed"])
def recount(request: pytest.FixtureRequest) -> Iterator[Recount]:
    if request.param == "embedded":
        with embedded() as running:
            yield running
        return
    postgres, kafka = request.getfixturevalue("postgres_server"), request.getfixturevalue("kafka_server")
    name = f"scenario_{uuid4().hex}"
    with distributed(postgres.create_database(name), kafka.bootstrap) as running:
        yield running
    postgres.drop_database(name)
