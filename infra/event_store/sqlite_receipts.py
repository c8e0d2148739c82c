"""The receipts on SQLite, many with one question."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from commands.shared.commit import KeptReceipt
from infra.event_store.sqlite_log import AT_ONCE


def receipts(connection: sqlite3.Connection, keys: Iterable[tuple[str, bytes]]) -> dict[tuple[str, bytes], KeptReceipt]:
    """Those that exist, by scope and key."""
    of_scope: dict[str, list[bytes]] = defaultdict(list)
    for scope, key in keys:
        of_scope[scope].append(key)
    found: dict[tuple[str, bytes], KeptReceipt] = {}
    for scope, asked in of_scope.items():
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            statement = f"SELECT key, digest, position, answer FROM receipts WHERE scope = ? AND key IN ({marks})"
            rows = connection.execute(statement, [scope, *some])
            found.update(((scope, row[0]), KeptReceipt(*row[1:])) for row in rows)
    return found
