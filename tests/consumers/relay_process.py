"""A relay in a process of its own, to be killed: `python -m tests.consumers.relay_process DATABASE_URL BOOTSTRAP TOPIC`."""

import sys

from consumers.relay import Relay
from infra.kafka.connection import Brokers
from infra.read_models.database import postgres_read_models
from tests.consumers.things import store_at

if __name__ == "__main__":
    database_url, bootstrap, topic = sys.argv[1:]
    Relay(store_at(database_url), postgres_read_models(database_url), Brokers(bootstrap), topic).run()
