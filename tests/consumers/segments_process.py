"""A process that makes the read model of segments anew, on a database of its own, and says what it came to.

Arguments: the event store's folder, the new database, how many partitions, and how many events at once.
"""

import sys
from pathlib import Path

import consumers.rebuild
from infra.event_store import EventStore, Mapper, SqliteRecorder, Vault
from infra.read_models import sqlite_read_models
from infra.read_models.digest import digest
from infra.wiring import EVENTS, UPCASTERS
from projections.segment_labels import segment_labels

if __name__ == "__main__":
    home, place, partitions, at_once = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    store = EventStore(SqliteRecorder(home / "events.db"), Mapper(EVENTS, UPCASTERS), Vault(bytes.fromhex(sys.argv[5])))
    read_models = sqlite_read_models(place)
    consumers.rebuild.PAGE = dict.fromkeys(consumers.rebuild.PAGE, at_once)
    consumers.rebuild.rebuild(segment_labels, store, read_models, partitions)
    with read_models.reader.connect() as connection:
        print(digest(connection, segment_labels.tables))
