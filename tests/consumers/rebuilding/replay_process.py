"""A process that builds every read model from the log, in a new database, and prints the digest of each one.

Arguments: the event store's folder, the new database, the number of partitions, the number of events per page, the master key.
"""

import json
import sys
from pathlib import Path

import consumers.rebuilding.rebuild
from infra.event_store.mapper import Mapper
from infra.event_store.sqlite import SqliteRecorder
from infra.event_store.store import EventStore
from infra.event_store.vault import Vault
from infra.read_models.database import sqlite_read_models
from infra.read_models.digest import digest
from infra.wiring import EVENTS, PROJECTIONS, UPCASTERS

if __name__ == "__main__":
    home, place, partitions, at_once = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    store = EventStore(SqliteRecorder(home / "events.db"), Mapper(EVENTS, UPCASTERS), Vault(bytes.fromhex(sys.argv[5])))
    read_models = sqlite_read_models(place)
    consumers.rebuilding.rebuild.PAGE = dict.fromkeys(consumers.rebuilding.rebuild.PAGE, at_once)
    for name, ended in consumers.rebuilding.rebuild.rebuild_all(PROJECTIONS, store, read_models, partitions):
        assert not isinstance(ended, Exception), name
    with read_models.reader.connect() as connection:
        print(json.dumps({projection.name: digest(connection, projection.tables) for projection in PROJECTIONS}))
